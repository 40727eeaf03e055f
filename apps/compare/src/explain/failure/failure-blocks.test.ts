import { isFailure, readKlog } from "@pagelab/klog";
import { expect, test } from "vitest";
import { readFixture } from "../../../../../tools/fixtures/fixture.ts";
import type { Block } from "../block.ts";
import { failureBlocks } from "./failure-blocks.ts";

function blocksOf(id: string, index = 0): Block[] {
	const event = readKlog(readFixture(`klog/${id}.log`)).filter(isFailure)[index];
	if (event === undefined) throw new Error(`no failure ${index} in ${id}`);
	return failureBlocks(event);
}
const headings = (blocks: readonly Block[]): string[] =>
	blocks.flatMap((block) => (block.kind === "heading" ? [block.text] : []));
const tables = (blocks: readonly Block[]) => blocks.filter((block) => block.kind === "table");

test("the parts of a failure with its state of memory", () => {
	expect(headings(blocksOf("097"))).toEqual([
		"What the request may do",
		"Which step gave up",
		"Free lists",
		"Fragmentation",
		"kvmalloc instead of kmalloc",
		"With __GFP_NOFAIL",
		"Other requests in its place",
		"Settings",
		"What the log does not say",
	]);
});

test("the free lists order by order, with letters, as the log has them", () => {
	const [lists] = tables(blocksOf("097"));
	expect(lists?.columns.map(({ title }) => title)).toEqual(["order", "kB", "DMA", "DMA32", "Normal"]);
	// 13*4096kB (M) of DMA32; 15574*4kB (UMEH) of Normal; 0*4kB of DMA.
	expect(lists?.rows[0]).toEqual(["10", "4096", "3 M", "13 M", "."]);
	expect(lists?.rows.at(-1)).toEqual(["0", "4", ".", "918 UMEH", "15574 UMEH"]);
	expect(lists?.rows).toHaveLength(11);
});

test("a bar a zone: what lies in blocks that are large enough", () => {
	const bars = blocksOf("097").find((block) => block.kind === "bars");
	expect(bars?.total).toBe(121_552);
	// DMA32: 110*128 + 32*256 + 15*512 + 5*1024 + 2*2048 + 13*4096 kB = 92416 kB.
	expect(bars?.rows[1]).toEqual({ label: "DMA32, order 5 or more", value: 92_416, text: "92416 of 121552 kB free" });
});

test("what __GFP_NOFAIL would have done, one row a policy", () => {
	expect(tables(blocksOf("106")).at(-1)?.rows).toEqual([
		["p0-kernel", "it returns NULL all the same, with a warning"],
		["p1-only-if-impossible", "it returns NULL all the same, with a warning"],
		["p2-bug", "the kernel stops at a BUG"],
		["p3-kill-caller", "the caller is killed where it stands, with whatever locks it holds"],
		["p4-loop-for-ever", "the caller loops for ever, with whatever locks it holds"],
	]);
});

test("a report without a state of memory has the parts that it can have", () => {
	expect(headings(blocksOf("128", 1))).toEqual([
		"What the request may do",
		"Which step gave up",
		"Settings",
		"What the log does not say",
	]);
});
