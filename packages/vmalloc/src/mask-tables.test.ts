import type { KernelId } from "@pagelab/base";
import type { AllocContext, VmallocRules } from "@pagelab/contracts";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT, gfpHex } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import type { Steps } from "@pagelab/sim";
import { describe, expect, test } from "vitest";
import { vmalloc } from "./entry-points.ts";
import { INNER_ALLOCATORS, type InnerAllocation, type VmallocTrace } from "./inner-allocation.ts";
import { kvmalloc } from "./kvmalloc.ts";
import { rulesA } from "./rules/rules-a.ts";
import { rulesB } from "./rules/rules-b.ts";
import { rulesC } from "./rules/rules-c.ts";
import { rulesD } from "./rules/rules-d.ts";
import type { Vmalloc } from "./vmalloc.ts";
import { VmallocMachine } from "./vmalloc-machine.fixture.ts";
import type { VmallocResult } from "./vmalloc-result.ts";

const MASKS = {
	KERNEL: GFP_KERNEL,
	NOFS: GFP_NOFS,
	NOIO: GFP_NOIO,
	NOWAIT: GFP_NOWAIT,
	ATOMIC: GFP_ATOMIC,
	NOFAIL: GFP_KERNEL | GFP.NOFAIL,
} as const;
const MASK_NAMES = Object.keys(MASKS) as (keyof typeof MASKS)[];

type Call = (v: Vmalloc, gfp: number, context: AllocContext, trace: VmallocTrace) => Steps<VmallocResult>;

interface Case {
	readonly rules: VmallocRules;
	readonly call: Call;
	/** Enough for everything above the min mark, little enough that the bulk allocator refuses in the end. */
	readonly free: number;
	readonly kernel?: KernelId;
	readonly flags?: number;
}

/** Row of the table. Orders do not matter to it. */
const rowOf = ({ who, depth }: InnerAllocation): string => `${"array: ".repeat(depth)}${who}`;

/** The mask that counts; ! where PF_MEMALLOC opens the reserves (memalloc_noreclaim_save(), not PF_MEMALLOC_NORECLAIM). */
const cellOf = ({ scoped, taskFlags }: InnerAllocation): string =>
	`${gfpHex(scoped)}${(taskFlags & PF.MEMALLOC) === 0 ? "" : "!"}`;

function columnOf({ rules, call, free, kernel, flags }: Case, gfp: number): Map<string, string> {
	const m = new VmallocMachine({
		rules,
		free,
		...(kernel === undefined ? {} : { kernel }),
		...(flags === undefined ? {} : { flags }),
	});
	const { trace } = m.run((v, context, t) => call(v, gfp, context, t));
	m.validate();
	const column = new Map<string, string>();
	for (const entry of trace.entries) {
		const row = rowOf(entry);
		// Each attempt asks with the same masks.
		expect(column.get(row) ?? cellOf(entry)).toBe(cellOf(entry));
		column.set(row, cellOf(entry));
	}
	return column;
}

/** The table as text, its rows in the order in which they are first asked for. */
function tableOf(example: Case): string {
	const columns = MASK_NAMES.map((name) => columnOf(example, MASKS[name]));
	const names = [0, 1].flatMap((depth) => INNER_ALLOCATORS.map((who) => `${"array: ".repeat(depth)}${who}`));
	const rows = names.filter((name) => columns.some((column) => column.has(name)));
	const line = (cells: readonly string[]): string =>
		cells
			.map((cell, i) => cell.padEnd(i === 0 ? 25 : 9))
			.join("")
			.trimEnd();
	return [
		line(["who", ...MASK_NAMES]),
		...rows.map((row) => line([row, ...columns.map((c) => c.get(row) ?? "-")])),
	].join("\n");
}

/** A table of the test without its indentation. */
const literal = (text: string): string => text.trim().replaceAll(/\n\t*/g, "\n");

const vmalloc256K: Call = (v, gfp, context, trace) => vmalloc(v, { size: 2 ** 18, gfp }, context, trace);
const kvmalloc4M: Call = (v, gfp, context, trace) => kvmalloc(v, { size: 2 ** 22, gfp }, context, trace);
const NORECLAIM = { rules: rulesA, kernel: "v6.11", flags: PF.MEMALLOC_NORECLAIM } as const;

/** Worked out by hand from vmalloc-2025.md §2, §3, §5 and slowpath.md §12, §13: masks of the composites, bit by bit. */
describe("vmalloc(256K): who sees which mask", () => {
	const before = literal(`
		who                      KERNEL   NOFS     NOIO     NOWAIT   ATOMIC   NOFAIL
		vm_struct                0xdc0    0xd40    0xd00    0x2900   0x920    0x8dc0
		vmap_area                0xcc0    0xc40    0xc00    0x2800   0x820    0x8cc0
		vmap_area preload        0xcc0    0xc40    0xc00    0x2800   0x820    0x8cc0
		page array               0xdc0    0xd40    0xd00    0x2900   0x920    0x8dc0
		pages (bulk)             0x2cc2   0x2c42   0x2c02   0x2802   0x2822   0xacc2
		page (single)            0x2cc2   0x2c42   0x2c02   0x2802   0x2822   0xacc2
		page table               0xdc0    0xd40    0xd00    0xd00    0xd00    0xdc0`);
	const after = literal(`
		who                      KERNEL   NOFS     NOIO     NOWAIT   ATOMIC   NOFAIL
		vm_struct                0xdc0    0xd40    0xd00    0x2900   0x920    0x8dc0
		vmap_area                0xcc0    0xc40    0xc00    0x2800   0x820    0x8cc0
		vmap_area preload        0xcc0    0xc40    0xc00    0x2800   0x820    0x8cc0
		page array               0xdc0    0xd40    0xd00    0x2900   0x920    0x8dc0
		pages (large)            0x28c2   0x2842   0x2802   0x2802   0x2822   0x28c2
		pages (bulk)             0x2cc2   0x2c42   0x2c02   0x2802   0x2822   0xacc2
		page (single)            0x2cc2   0x2c42   0x2c02   0x2802   0x2822   0xacc2
		page table               0xdc0    0xd40    0xd00    0xdc0!   0xdc0!   0xdc0`);
	const noreclaim = literal(`
		who                      KERNEL   NOFS     NOIO     NOWAIT   ATOMIC   NOFAIL
		vm_struct                0x9c0    0x940    0x900    0x2900   0x920    0x89c0
		vmap_area                0x8c0    0x840    0x800    0x2800   0x820    0x88c0
		vmap_area preload        0x8c0    0x840    0x800    0x2800   0x820    0x88c0
		page array               0x9c0    0x940    0x900    0x2900   0x920    0x89c0
		pages (bulk)             0x28c2   0x2842   0x2802   0x2802   0x2822   0x28c2
		page (single)            0x28c2   0x2842   0x2802   0x2802   0x2822   0xa8c2
		page table               0x9c0    0x9c0    0x9c0    0x9c0    0x9c0    0x9c0`);

	test.each([
		["A", rulesA, before],
		["B", rulesB, before],
		["C", rulesC, after],
		["D", rulesD, after],
	] as const)("rule %s", (_, rules, expected) => {
		expect(tableOf({ rules, call: vmalloc256K, free: 1200 })).toBe(expected);
	});

	test("6.11 in a scope of PF_MEMALLOC_NORECLAIM: no reclaim, no reserves", () => {
		expect(tableOf({ ...NORECLAIM, call: vmalloc256K, free: 1200 })).toBe(noreclaim);
	});
});

describe("kvmalloc(4 MiB): who sees which mask", () => {
	const ofA = literal(`
		who                      KERNEL   NOFS     NOIO     NOWAIT   ATOMIC   NOFAIL
		kmalloc leg              0x12cc0  0x12c40  0x12c00  0x12800  0x12820  0x12cc0
		vm_struct                0xdc0    0xd40    0xd00    -        -        0x8dc0
		vmap_area                0xcc0    0xc40    0xc00    -        -        0x8cc0
		vmap_area preload        0xcc0    0xc40    0xc00    -        -        0x8cc0
		pages (huge)             0x2cc2   0x2c42   0x2c02   -        -        0x2cc2
		pages (bulk)             0x2cc2   0x2c42   0x2c02   -        -        0xacc2
		page (single)            0x2cc2   0x2c42   0x2c02   -        -        0xacc2
		page table               0xdc0    0xd40    0xd00    -        -        0xdc0
		array: vm_struct         0xdc0    0xd40    0xd00    -        -        0x8dc0
		array: vmap_area         0xcc0    0xc40    0xc00    -        -        0x8cc0
		array: page array        0xdc0    0xd40    0xd00    -        -        0x8dc0
		array: pages (bulk)      0x2dc2   0x2d42   0x2d02   -        -        0xadc2
		array: page table        0xdc0    0xd40    0xd00    -        -        0xdc0`);
	const ofB = ofA.replace(
		/kmalloc leg.*/,
		"kmalloc leg              0x28c0   0x2840   0x2800   0x2800   0x2820   0x28c0",
	);
	const after = literal(`
		who                      KERNEL   NOFS     NOIO     NOWAIT   ATOMIC   NOFAIL
		kmalloc leg              0x28c0   0x2840   0x2800   0x2800   0x2820   0x28c0
		vm_struct                0xdc0    0xd40    0xd00    0x2900   0x920    0x8dc0
		vmap_area                0xcc0    0xc40    0xc00    0x2800   0x820    0x8cc0
		vmap_area preload        0xcc0    0xc40    0xc00    0x2800   0x820    0x8cc0
		pages (huge)             0x2cc2   0x2c42   0x2c02   -        -        0x2cc2
		pages (large)            0x28c2   0x2842   0x2802   0x2802   0x2822   0x28c2
		pages (bulk)             0x2cc2   0x2c42   0x2c02   0x2802   0x2822   0xacc2
		page (single)            0x2cc2   0x2c42   0x2c02   0x2802   0x2822   0xacc2
		page table               0xdc0    0xd40    0xd00    0xdc0!   0xdc0!   0xdc0
		array: vm_struct         0xdc0    0xd40    0xd00    0x2900   0x920    0x8dc0
		array: vmap_area         0xcc0    0xc40    0xc00    0x2800   0x820    0x8cc0
		array: page array        0xdc0    0xd40    0xd00    0x2900   0x920    0x8dc0
		array: pages (large)     0x29c2   0x2942   0x2902   0x2902   0x2922   0x29c2
		array: pages (bulk)      0x2dc2   0x2d42   0x2d02   0x2902   0x2922   0xadc2
		array: page table        0xdc0    0xd40    0xd00    0xdc0!   0xdc0!   0xdc0`);
	const noreclaim = literal(`
		who                      KERNEL   NOFS     NOIO     NOWAIT   ATOMIC   NOFAIL
		kmalloc leg              0x128c0  0x12840  0x12800  0x12800  0x12820  0x128c0
		vm_struct                0x9c0    0x940    0x900    -        -        0x89c0
		vmap_area                0x8c0    0x840    0x800    -        -        0x88c0
		vmap_area preload        0x8c0    0x840    0x800    -        -        0x88c0
		pages (huge)             0x28c2   0x2842   0x2802   -        -        0x28c2
		pages (bulk)             0x28c2   0x2842   0x2802   -        -        0x28c2
		page (single)            0x28c2   0x2842   0x2802   -        -        0xa8c2
		page table               0x9c0    0x9c0    0x9c0    -        -        0x9c0
		array: vm_struct         0x9c0    0x940    0x900    -        -        0x89c0
		array: vmap_area         0x8c0    0x840    0x800    -        -        0x88c0
		array: page array        0x9c0    0x940    0x900    -        -        0x89c0
		array: pages (bulk)      0x29c2   0x2942   0x2902   -        -        0x29c2
		array: page table        0x9c0    0x9c0    0x9c0    -        -        0x9c0`);

	test.each([
		["A", rulesA, ofA],
		["B", rulesB, ofB],
		["C", rulesC, after],
		["D", rulesD, after],
	] as const)("rule %s", (_, rules, expected) => {
		expect(tableOf({ rules, call: kvmalloc4M, free: 2250 })).toBe(expected);
	});

	test("6.11 in a scope of PF_MEMALLOC_NORECLAIM: the raw mask may block, so vmalloc is reached", () => {
		expect(tableOf({ ...NORECLAIM, call: kvmalloc4M, free: 2250 })).toBe(noreclaim);
	});
});

test("D is C where no retry flag is there, and not where one is", () => {
	const flagsOf = (rules: VmallocRules, gfp: number): readonly number[] => {
		const m = new VmallocMachine({ rules, free: 2000 });
		const { trace } = m.run((v, context, t) => vmalloc256K(v, gfp, context, t));
		return trace.entries.filter(({ who }) => who === "page table").map(({ taskFlags }) => taskFlags);
	};
	const noretry = GFP_NOFS | GFP.NORETRY;
	expect([flagsOf(rulesC, noretry), flagsOf(rulesD, noretry)]).toEqual([[PF.MEMALLOC_NOFS], [PF.MEMALLOC]]);
});

test("objects of vmalloc's own see GFP_RECLAIM_MASK of the caller's mask, pages all of it, page tables none", () => {
	const beside = GFP.HARDWALL | GFP.ACCOUNT | GFP.THISNODE | GFP.WRITE;
	const narrow = GFP_NOFS | GFP.NOWARN | GFP.NORETRY | GFP.NOMEMALLOC;
	const m = new VmallocMachine({ rules: rulesA, free: 3000 });
	const { trace } = m.run((v, context, t) => vmalloc(v, { size: 600 * 4096, gfp: narrow | beside }, context, t));
	const seen = new Map(trace.entries.map((entry) => [rowOf(entry), entry.gfp]));
	const zeroed = narrow | GFP.ZERO;
	expect(Object.fromEntries(seen)).toEqual({
		vm_struct: zeroed,
		vmap_area: narrow,
		"vmap_area preload": narrow,
		"array: vm_struct": zeroed,
		"array: vmap_area": narrow,
		"array: page array": zeroed,
		"array: pages (bulk)": zeroed | GFP.HIGHMEM,
		"array: page table": 0xdc0,
		"pages (bulk)": narrow | beside | GFP.HIGHMEM,
		"page (single)": narrow | beside | GFP.HIGHMEM,
		"page table": 0xdc0,
	});
});
