import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { fixturePath } from "../../../../tools/fixtures/fixture.ts";
import { EXIT } from "../cli/exit-codes.ts";
import { type Ran, runCommand } from "./run-command.fixture.ts";

const recording = fixturePath("buddy/c128-1-mixed.json.gz");
const folder = mkdtempSync(join(tmpdir(), "pagelab-test-"));

const step = (...argv: string[]): Promise<Ran> => runCommand("step", ...argv);

test("operations from -e, on a machine that boots", async () => {
	const { code, out, err } = await step("64m-one-zone", "-e", "alloc 9 GFP_KERNEL; # nothing\n free 0");
	expect({ code, err }).toEqual({ code: EXIT.DONE, err: "" });
	expect(out).toBe(`> alloc 9 GFP_KERNEL
  zone_watermark_fast: Normal has 16384 free, needs over high 384: passed
  try_to_claim_block: Movable block 0 of order 10; its pageblock becomes Unmovable
  expand: 0 from order 10 to 9; upper half to the head of Unmovable: 512
  rmqueue_bulk: 2 blocks to the per-CPU list of Unmovable, order 9
  slot 0: frame 0, order 9, Normal (per-CPU lists: 0 to 512 pages)
> free 0
  free_pcppages_bulk: 320 pages leave the per-CPU lists of Normal
  __free_one_page: 512 of order 9; to the head of Unmovable
  slot 0: 512 pages from frame 0 freed
`);
});

test("a recorded state hands out the frames that the real kernel would", async () => {
	// The head of the order-5 list of UNMOVABLE in the final dump.
	const { out } = await step(recording, "--at", "final", "-e", "alloc 4 GFP_ATOMIC");
	expect(out).toContain("expand: 22816 from order 5 to 4; upper half to the head of Unmovable: 22832");
	expect(out).toContain("slot 0: frame 22816, order 4, DMA32");
});

test("--json gives one array of events", async () => {
	const { out } = await step(
		"64m-one-zone",
		"--json",
		"-e",
		"alloc 0 GFP_KERNEL; status; map; help; slots; quit; frob",
	);
	const events = JSON.parse(out) as { op: number; event: string }[];
	expect(events.filter(({ event }) => event === "operation").map(({ op }) => op)).toEqual([1, 2, 3, 4, 5, 6]);
	expect(new Set(events.map(({ event }) => event))).toEqual(
		new Set(
			[
				"operation",
				"watermark",
				"fallback",
				"split",
				"refill",
				"allocated",
				"status",
				"map",
				"help",
				"slot",
				"quit",
			].filter((e) => e !== "quit"),
		),
	);
});

test("--profile and --all", async () => {
	const operations = "alloc 200 0 GFP_KERNEL";
	const cut = await step("64m-one-zone", "--profile", "6.11", "-e", operations);
	const all = await step("64m-one-zone", "--profile", "6.11", "--all", "-e", operations);
	expect(cut.out).toContain("more lines (--all shows them)");
	expect(all.out).not.toContain("more lines");
	expect(all.out.split("\n").length).toBeGreaterThan(200);
});

describe("bad input: one sentence, exit code 2, nothing printed", () => {
	test.each([
		[["64m-one-zone", "-e", "alloc 0 GFP_KERNEL; frob"], '-e:2: unknown operation "frob", did you mean free?'],
		[["64m-one-zone", "-e", "free 0"], "-e:1: nothing is in slot 0, expected a slot that an allocation has filled"],
		[["64m-on-zone", "-e", "status"], 'unknown machine "64m-on-zone", did you mean "64m-one-zone"?'],
		[["0G", "-e", "status"], "a machine without memory cannot boot, expected a size such as 512M or 4G, or a preset"],
		[["4096T", "-e", "status"], "a machine cannot have 1099511627776 pages of memory, expected 1 to 1039925248"],
		[["4G,nodes=0", "-e", "status"], "a machine cannot have 0 nodes, expected 1 to 64"],
		[["none.json", "-e", "status"], "none.json: cannot read the file: no such file or directory"],
		[["4G", "--profile", "7.0", "-e", "status"], 'unknown kernel "7.0", expected one of v6.11, v6.12.0, v6.12.117'],
	])("%j", async (argv, message) => {
		expect(await step(...argv)).toEqual({ code: EXIT.UNUSABLE, out: "", err: `pagelab: ${message}\n` });
	});
});

describe("in a pipe", () => {
	const main = fileURLToPath(new URL("../main.ts", import.meta.url));
	const run = (input: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } => {
		const { status, stdout, stderr } = spawnSync(
			process.execPath,
			["--conditions=@pagelab/source", main, "step", "64m-one-zone", ...args],
			{ input, encoding: "utf8", cwd: folder },
		);
		return { status, stdout, stderr };
	};

	test("operations come from stdin, one a line", () => {
		const { status, stdout, stderr } = run("alloc 0 GFP_KERNEL\r\nslots\n");
		expect({ status, stderr }).toEqual({ status: EXIT.DONE, stderr: "" });
		expect(stdout).toMatch(/^> alloc 0 GFP_KERNEL\n/);
		expect(stdout).toMatch(/> slots\n {2}slot 0: 1 page from frame 0\n$/);
	});

	test("the first bad line ends it with its number", () => {
		expect(run("alloc 0 GFP_KERNEL\n\nfree 9\n")).toEqual({
			status: EXIT.UNUSABLE,
			stdout: "",
			stderr: "pagelab: stdin:3: nothing is in slot 9, expected a slot that an allocation has filled\n",
		});
	});

	test("--output writes the file whole", () => {
		const file = join(folder, "steps.txt");
		writeFileSync(file, "old");
		expect(run("slots 1\n", "--output", file).status).toBe(EXIT.UNUSABLE);
		expect(readFileSync(file, "utf8")).toBe("old");
		expect(run("alloc 0 GFP_KERNEL\n", "--output", file)).toEqual({ status: EXIT.DONE, stdout: "", stderr: "" });
		expect(readFileSync(file, "utf8")).toContain("slot 0: frame 0");
	});
});

test("the help fits 80 columns", async () => {
	const { out } = await step("--help");
	expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});
