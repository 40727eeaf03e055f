import { GFP_KERNEL } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { vmalloc } from "./entry-points.ts";
import { vfreeAtomic } from "./vfree.ts";
import type { VmArea } from "./vm-area.ts";
import { addressOfPage, isVmallocAddr, pageOfAddress, VMALLOC_PAGES_MAX, VMALLOC_START } from "./vmalloc-address.ts";
import { VmallocMachine } from "./vmalloc-machine.fixture.ts";

function machineWithAreas(): { m: VmallocMachine; areas: VmArea[] } {
	const m = new VmallocMachine({ free: 5000 });
	for (const size of [65_536, 2 ** 22]) m.run((v, c, t) => vmalloc(v, { size, gfp: GFP_KERNEL }, c, t));
	m.validate();
	return { m, areas: [...m.v.areas.values()] };
}

test("addresses are exact from the first page to the last", () => {
	for (const page of [0, 1, 12_345, VMALLOC_PAGES_MAX - 1]) {
		expect(pageOfAddress(addressOfPage(page))).toBe(page);
		expect(pageOfAddress(addressOfPage(page) + 4095)).toBe(page);
	}
	expect([isVmallocAddr(VMALLOC_START), isVmallocAddr(VMALLOC_START - 1)]).toEqual([true, false]);
});

describe("validate() finds", () => {
	test.each<[string, (m: VmallocMachine, areas: readonly VmArea[]) => void, string]>([
		["a page with two owners", (_, [a, b]) => a?.pfns.splice(0, 1, b?.pfns[0] ?? 0), "a page has two owners"],
		[
			"a page that is a page table",
			(m, [a]) => a?.pfns.splice(0, 1, m.v.tables.pages[0] ?? 0),
			"a page has two owners",
		],
		["more pages than there is room", (_, [a]) => a?.pfns.push(1), "more pages than it is long"],
		["an area that was forgotten", (m, [a]) => m.v.areas.delete(a?.va.start ?? 0), "address space no area"],
		[
			"an area at the wrong place",
			(m, [a, b]) => {
				m.v.areas.set(a?.va.start ?? 0, b as VmArea);
			},
			"lies elsewhere",
		],
		[
			"a page array that is gone",
			(m, [, , nested]) => {
				m.v.areas.delete(nested?.va.start ?? 0);
				m.v.space.free((nested as VmArea).va);
			},
			"the page array of an area is gone",
		],
		["a failed area that is none", (m, [a]) => m.v.failedAreas.push({ ...(a as VmArea) }), "a failed area was freed"],
		[
			"a deferred free of nothing",
			(m, [a]) => {
				vfreeAtomic(m.v, addressOfPage(a?.va.start ?? 0), m.context);
				m.v.deferredFrees.push(VMALLOC_START + 2 ** 40);
			},
			"a deferred free has no area",
		],
	])("%s", (_, corrupt, message) => {
		const { m, areas } = machineWithAreas();
		corrupt(m, areas);
		expect(() => m.v.validate()).toThrow(message);
	});

	test("pages in the totals", () => {
		const { m } = machineWithAreas();
		// 16 + 1024 data pages and 2 of the array; PTE pages of 3 regions.
		expect(m.v.pages).toEqual({ data: 1042, tables: 3 });
	});
});
