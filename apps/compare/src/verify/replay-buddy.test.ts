import { expect, test } from "vitest";
import { type BuddyRecording, readBuddyRecording } from "@pagelab/trace";
import { readFixture } from "../../../../tools/fixtures/fixture.ts";
import { describeReplay } from "./describe-mismatch.ts";
import { kernelOfVersion } from "./kernel-of-version.ts";
import { replayBuddy } from "./replay-buddy.ts";

const FIXTURES = ["c128-0-pcp", "c128-1-mixed", "c128-3-apis", "c256-1-mixed"];

const read = (name: string): BuddyRecording => readBuddyRecording(readFixture(`buddy/${name}.json.gz`), name);

test.each(FIXTURES)("%s: every pfn, light status, dump and the final state equal the kernel's", (name) => {
	const replay = replayBuddy(read(name), "v6.12.117");
	expect(replay.mismatch && { ...replay.mismatch, state: undefined }).toBeUndefined();
	for (const part of [replay.pfns, replay.failures, replay.lights, replay.dumps])
		expect(part.equal).toBe(part.recorded);
	expect(replay.pfns.recorded).toBeGreaterThan(2000);
});

test("one line for an exact recording", () => {
	const lines = describeReplay(replayBuddy(read("c128-1-mixed"), "v6.12.117"), 0);
	expect(lines).toEqual(["c128-1-mixed  pfn 2348/2348  dumps 4/4  final exact  lights 1504/1504"]);
});

/** The recording with one thing changed, as if the kernel had done otherwise. */
const altered = (name: string, alter: (copy: BuddyRecording) => void): BuddyRecording => {
	const copy = structuredClone(read(name));
	alter(copy);
	return copy;
};

type Writable<T> = { -readonly [K in keyof T]: T[K] extends object ? Writable<T[K]> : T[K] };
const writable = <T extends object>(x: T): Writable<T> => x;

test("a pfn that is one off is found, with the operation, both answers and the lists", () => {
	const recording = altered("c128-1-mixed", (copy) => {
		const op = copy.ops.find((o) => o.op === "a" && o.i === 11);
		if (op?.op === "a") writable(op).res = [13593];
	});
	const replay = replayBuddy(recording, "v6.12.117");
	expect(replay.mismatch).toMatchObject({ what: "pfn of slot 28", kernel: 13593, model: 13592 });
	const text = describeReplay(replay, 0).join("\n");
	expect(text).toContain("NOT EXACT");
	expect(text).toContain("first difference at operation 11: alloc_pages(");
	expect(text).toContain("kernel 13593, model 13592");
	expect(text).toMatch(/node 0 DMA32: free \d+/);
});

test("a counter that is one off in the final state is found", () => {
	const recording = altered("c128-0-pcp", (copy) => {
		const pcp = copy.final.nodes[0]?.zones[1]?.pcp[0];
		if (pcp !== undefined) writable(pcp).freeCount += 1;
	});
	const { mismatch, dumps } = replayBuddy(recording, "v6.12.117");
	expect(mismatch?.what).toBe("nodes[0].zones[1].pcp[0].freeCount");
	expect(mismatch?.op).toBeUndefined();
	expect(dumps).toEqual({ equal: 0, recorded: 1 });
});

test("two frames that changed places in a list of the final state are found", () => {
	const recording = altered("c128-1-mixed", (copy) => {
		const lists = copy.final.nodes[0]?.zones[1]?.free.flat() ?? [];
		const list = lists.find((members) => members.length > 1) ?? [];
		writable(list).reverse();
	});
	expect(replayBuddy(recording, "v6.12.117").mismatch?.what).toMatch(
		/^nodes\[0\]\.zones\[1\]\.free\[\d+\]\[\d+\]\[0\]$/,
	);
});

test("the profile follows from the version line", () => {
	expect(kernelOfVersion("Linux version 6.12.117+deb12-cloud-amd64 (…)")).toBe("v6.12.117");
	expect(kernelOfVersion("Linux version 6.12.0-rc4")).toBe("v6.12.0");
	expect(kernelOfVersion("Linux version 6.11.11")).toBe("v6.11");
	expect(kernelOfVersion("")).toBe("v6.12.117");
});
