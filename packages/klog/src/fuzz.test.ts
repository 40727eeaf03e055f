import fc from "fast-check";
import { expect, test } from "vitest";
import { readFixture } from "../../../tools/fixtures/fixture.ts";
import { expectSane, expectSaneDamaged } from "./testing/fuzz.fixture.ts";
import { NEEDLES } from "./input/needles.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const ids = (JSON.parse(decode(readFixture("klog/cases.json"))) as { id: string }[]).map(({ id }) => id);
const logs = ids.map((id) => decode(readFixture(`klog/${id}.log`)));

test("damaged logs are read as far as they go", () => {
	expectSaneDamaged(logs, 400);
});

test("every log cut off after any line", () => {
	for (const log of logs) {
		const lines = log.split("\n");
		for (let end = 0; end < lines.length; end += 5) expectSane(lines.slice(0, end).join("\n"));
	}
});

test("pieces of kernel lines in any order", () => {
	const word = fc.oneof(
		fc.constantFrom(...NEEDLES, ...logs.flatMap((log) => log.split("\n").slice(0, 40))),
		fc.string({ maxLength: 20 }),
		fc.constantFrom("\n", " ", "kB", "(", ")", ":", "=", ",", "[", "]", "0x", "Node 0 ", "\r\n", "\u001b[0m"),
	);
	fc.assert(
		fc.property(fc.array(word, { maxLength: 60 }), (words) => {
			expectSane(words.join(""));
		}),
		{ numRuns: 400 },
	);
});

test("lines that make slow patterns slow: time grows with the length, not faster", () => {
	const evil = [
		"oom-kill:constraint=X,nodemask=" + ",cpuset=".repeat(5000),
		"Out of memory: ".repeat(3000) + "Killed process 1 (",
		"x invoked oom-killer: gfp_mask=0x1(" + "A|".repeat(8000),
		"[ pid ] " + "uid ".repeat(5000),
		"[    1] " + "1 ".repeat(8000),
		"Node 0 DMA free:" + "1kB a:".repeat(8000),
		"Node 0 DMA: " + "1*4kB (U) ".repeat(4000),
		"Memory cgroup stats for " + "a:".repeat(8000),
		"a ".repeat(8000) + "1KB 1KB",
		"anon 1 ".repeat(8000),
		"CPU: 0 PID: 1 Comm: " + "Tainted: ".repeat(4000),
		"[<ffffffff>] ".repeat(4000) + "?",
		"Jan  1 00:00:00 " + "host ".repeat(8000),
		"[ ".repeat(8000),
		"> ".repeat(8000),
		"\u001b[".repeat(8000) + "m",
		"a: ".repeat(8000) + "page allocation failure: order:",
		"Killed process 1 (" + ") total-vm:".repeat(4000),
	];
	const junk = evil.map((line) => `x invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0\n${line}\n`);
	const before = process.cpuUsage().user;
	for (const log of junk) expectSane(log.repeat(3));
	expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(5);
});
