import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GFP_KERNEL } from "@pagelab/gfp";
import { PageTables } from "./page-tables.ts";
import { VmallocMachine } from "./vmalloc-machine.fixture.ts";

const GIB = 2 ** 18;

function tablesOf(m: VmallocMachine): {
	readonly tables: PageTables;
	readonly map: (start: number, pages: number, huge?: boolean) => number;
} {
	const tables = new PageTables({ ...m.v.env, presentTables: {} });
	const map = (start: number, pages: number, huge = false): number => {
		const before = tables.pages.length;
		m.drive(tables.map(start, pages, huge, () => m.v.env.pages.allocPages({ gfp: GFP_KERNEL, order: 0 }, m.context)));
		tables.validate();
		return tables.pages.length - before;
	};
	return { tables, map };
}

describe("page tables", () => {
	test.each([
		// start and pages, then the pages that tables cost: vmalloc-2025.md §6
		["64 KiB", 0, 16, 2],
		["64 KiB across a boundary", 504, 16, 3],
		["2 MiB, aligned", 512, 512, 2],
		["2 MiB, not aligned", 513, 512, 3],
		["a GiB boundary", GIB - 1, 2, 4],
		["3 GiB", 0, 3 * GIB, 3 + 1536],
	])("%s", (_, start, pages, cost) => {
		const m = new VmallocMachine({ free: 4000 });
		const { map } = tablesOf(m);
		expect(map(start, pages)).toBe(cost);
		expect(map(start, pages)).toBe(0);
	});

	test("huge pages cost no PTE page", () => {
		const { map } = tablesOf(new VmallocMachine({ free: 4000 }));
		expect([map(0, 2048, true), map(0, 1)]).toEqual([1, 1]);
	});

	test("tables that were there cost nothing and are not counted", () => {
		const m = new VmallocMachine({ free: 4000 });
		const tables = new PageTables({ ...m.v.env, presentTables: { pmd: [0], pte: [0, 2] } });
		const alloc = () => m.v.env.pages.allocPages({ gfp: GFP_KERNEL, order: 0 }, m.context);
		m.drive(tables.map(0, 1536, false, alloc));
		expect(tables.pages).toHaveLength(1);
	});

	test("what is there after any mappings is what was touched", () => {
		const mapping = fc.record({
			start: fc.oneof(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: GIB - 2000, max: GIB + 2000 })),
			pages: fc.integer({ min: 1, max: 2000 }),
			huge: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.array(mapping, { maxLength: 8 }), (mappings) => {
				const { tables, map } = tablesOf(new VmallocMachine({ free: 3000 }));
				const touched = new Set<string>();
				for (const { start, pages, huge } of mappings) {
					map(start, pages, huge);
					for (let page = start; page < start + pages; page++) {
						touched.add(`pmd ${Math.floor(page / GIB)}`);
						if (!huge) touched.add(`pte ${Math.floor(page / 512)}`);
					}
				}
				expect(tables.pages).toHaveLength(touched.size);
			}),
			{ numRuns: 40 },
		);
	});
});
