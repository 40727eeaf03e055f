import { expect, test } from "vitest";
import { readFixture, readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { readKlog } from "../index.ts";
import { whatHappened } from "./happened.ts";

const told = (bytes: Uint8Array): string[] => readKlog(bytes).map((event) => whatHappened(event).text);
const boot = (name: string): string[] => told(readShared(`oracle/dev/oom/${name}.dmesg.gz`));

test.skipIf(sharedFolder === undefined)("kinds of ends in recorded boots (needs the shared folder)", () => {
	expect(boot("single")).toEqual([
		"At 5.9 s greedy (pid 145) asked for one page with GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO and zone DMA32 of node 0 had 396 usable free pages, not above the 416 of its min mark; the kernel killed greedy (pid 145), which had 186308 kB in memory.",
	]);
	expect(boot("memcggroup")).toEqual([
		expect.stringMatching(
			/^At 3\.4 s lead \(pid 148\) needed memory in cgroup \/a, which was at its limit of 49152 kB; the kernel killed lead \(pid 148\), which had \d+ kB in memory and 3 more tasks with it\.$/,
		),
	]);
	expect(boot("sysrq")[0]).toMatch(
		/^At 6\.0 s somebody called the OOM killer by hand \(SysRq-f\); the kernel killed b \(pid 150\)/,
	);
	expect(boot("cascade").at(-1)).toMatch(
		/; the kernel found nobody whom it may kill and stopped with a panic \(System is deadlocked on memory\)\.$/,
	);
	expect(boot("allocfail")[0]).toBe(
		"At 7.6 s init (pid 149) asked for 256 pages in a row (order 8, 1024 kB) with GFP_ATOMIC and got nothing: zone DMA32 of node 0 had no usable free block of order 8.",
	);
});

test("every committed log has its sentence", () => {
	const ids = (JSON.parse(new TextDecoder().decode(readFixture("klog/cases.json"))) as { id: string }[]).map(
		({ id }) => id,
	);
	const sentences = ids.flatMap((id) => told(readFixture(`klog/${id}.log`)));
	expect(sentences.length).toBeGreaterThanOrEqual(ids.length);
	for (const sentence of sentences) expect(sentence).toMatch(/^\S.* .*\.$/);
});
