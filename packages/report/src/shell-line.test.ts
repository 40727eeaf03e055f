import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { safeText } from "./safe-text.ts";
import { shellLines } from "./shell-line.ts";
import { textWidth } from "./text-width.ts";

test("plain arguments stand bare, others in quotes, long lines go on after a backslash", () => {
	expect(shellLines(["pagelab", "compare", "--seeds", "1-20"], 80)).toEqual(["pagelab compare --seeds 1-20"]);
	expect(shellLines(["pagelab", "it's", "", "a b"], 80)).toEqual(["pagelab 'it'\\''s' '' 'a b'"]);
	expect(shellLines(["pagelab", "compare", "--workload", "inode-create"], 30)).toEqual([
		"pagelab compare --workload \\",
		"  inode-create",
	]);
});

test("an argument longer than a line goes on without a blank", () => {
	expect(shellLines(["cat", "a".repeat(30), "b"], 20)).toEqual([
		"cat \\",
		`  ${"a".repeat(16)}\\`,
		`${"a".repeat(14)} b`,
	]);
});

const argument = fc.string({ unit: "grapheme", maxLength: 120 }).map(safeText);

test("a shell reads exactly the arguments back from lines of at most the width", () => {
	fc.assert(
		fc.property(fc.array(argument, { maxLength: 6 }), fc.integer({ min: 12, max: 80 }), (args, width) => {
			const lines = shellLines(["printf", "%s\\0", ...args, "end"], width);
			for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
			const printed = execFileSync("/bin/sh", ["-c", lines.join("\n")], { encoding: "utf8" });
			expect(printed.split("\0").slice(0, -1)).toEqual([...args, "end"]);
		}),
		{ numRuns: 150 },
	);
});
