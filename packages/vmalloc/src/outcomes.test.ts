import type { VmallocRules } from "@pagelab/contracts";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { vmalloc } from "./entry-points.ts";
import { rulesA } from "./rules/rules-a.ts";
import { rulesC } from "./rules/rules-c.ts";
import { rulesD } from "./rules/rules-d.ts";
import { VmallocMachine } from "./vmalloc-machine.fixture.ts";
import { vmallocNodeRange } from "./vmalloc-node-range.ts";

const PAGES = 16;
const SIZE = 65_536;
const { NORETRY, RETRY_MAYFAIL, NOFAIL } = GFP;

/** What becomes of the one missing PTE page where the data pages have left no page above the mask's mark. */
type TableEnd = "reserves" | "kill" | "loops" | "NULL";

function tableEnd(rules: VmallocRules, gfp: number, left: number): TableEnd {
	const m = new VmallocMachine({ rules, free: left + PAGES, assumptions: { oomFrees: 40 } });
	const { result } = m.run((v, context, trace) =>
		vmallocNodeRange(v, { size: SIZE, gfp }, { context, depth: 0, trace }),
	);
	if (result === undefined) return "loops";
	if (result.refusal !== undefined) return "NULL";
	return m.assumed.counts.kills > 0 ? "kill" : "reserves";
}

/** Whether the data pages can be had without reclaim where so many pages are above a mark; the page table is there. */
function hasPages(rules: VmallocRules, gfp: number, free: number): boolean {
	const m = new VmallocMachine({ rules, free, env: { presentTables: { pmd: [0], pte: [0] } } });
	const { result } = m.run((v, context, trace) =>
		vmallocNodeRange(v, { size: SIZE, gfp }, { context, depth: 0, trace }),
	);
	return result !== undefined && result.refusal === undefined && m.assumed.counts.reclaims === 0;
}

/** vmalloc-2025.md §5, "Outcome per mask class": the limit of the data pages, and page tables by A, C and D. */
describe("outcome per mask class", () => {
	test.each<readonly [string, number, number, TableEnd, TableEnd, TableEnd]>([
		["KERNEL", GFP_KERNEL, 1000, "kill", "kill", "kill"],
		["NOFS", GFP_NOFS, 1000, "loops", "loops", "loops"],
		["NOIO", GFP_NOIO, 1000, "loops", "loops", "loops"],
		["NOWAIT", GFP_NOWAIT, 1000, "loops", "reserves", "reserves"],
		["ATOMIC", GFP_ATOMIC, 375, "loops", "reserves", "reserves"],
		["KERNEL|NORETRY", GFP_KERNEL | NORETRY, 1000, "kill", "kill", "reserves"],
		["KERNEL|RETRY_MAYFAIL", GFP_KERNEL | RETRY_MAYFAIL, 1000, "kill", "kill", "reserves"],
		["KERNEL|NOFAIL", GFP_KERNEL | NOFAIL, 1000, "kill", "kill", "kill"],
		["NOFS|NOFAIL", GFP_NOFS | NOFAIL, 1000, "loops", "loops", "loops"],
		["NOWAIT|NOFAIL", GFP_NOWAIT | NOFAIL, 1000, "loops", "reserves", "reserves"],
	])("%s", (_, gfp, mark, ...tables) => {
		for (const rules of [rulesA, rulesC, rulesD]) {
			const has = [0, 1].map((more) => hasPages(rules, gfp, mark + PAGES - 1 + more));
			expect(has).toEqual([false, true]);
		}
		// A needs more to get its table than to get its pages.
		expect([rulesA, rulesC, rulesD].map((rules) => tableEnd(rules, gfp, mark))).toEqual(tables);
	});

	test("RETRY_MAYFAIL through __vmalloc() is plain KERNEL in C: the filter dropped it, once with a warning", () => {
		const m = new VmallocMachine({ rules: rulesC, free: 1000 + PAGES, assumptions: { oomFrees: 40 } });
		const gfp = GFP_KERNEL | RETRY_MAYFAIL;
		for (let i = 0; i < 2; i++) m.run((v, context) => vmalloc(v, { size: SIZE, gfp }, context));
		expect(m.events.warnings).toEqual(["VMALLOC_UNEXPECTED_GFP"]);
	});

	test("page tables of D's retry masks fail only when the lists are empty, and NOFAIL then sleeps under PF_MEMALLOC", () => {
		// Data pages are had beforehand; then the zone runs dry.
		const gfp = GFP_KERNEL | NORETRY | NOFAIL;
		const m = new VmallocMachine({ rules: rulesD, free: 1300 });
		const real = { ...m.v.env.pages };
		const taken: number[] = [];
		const steps = vmallocNodeRange(m.v, { size: SIZE, gfp }, { context: m.context, depth: 0, trace: undefined });
		m.v.env.pages.allocPages = function* (request, context) {
			// The page table: somebody else takes all that is left first.
			if ((request.gfp & GFP.HIGHMEM) === 0)
				while (m.freePages > 0) taken.push(yield* real.allocPages(request, context));
			return yield* real.allocPages(request, context);
		};
		const { value, waits } = m.drive(steps, 50);
		expect(value).toBeUndefined();
		expect(waits.filter((wait) => wait.kind === "delay" && wait.ticks === 4_000_000).length).toBeGreaterThan(10);
		expect(m.task.flags).toBe(0x800);
		Object.assign(m.v.env.pages, real);
		for (const pfn of taken.splice(0, 5)) m.v.env.pages.freePages(pfn, 0);
		expect(m.drive(steps, 50).value?.refusal).toBeUndefined();
		expect(m.task.flags).toBe(0);
		for (const pfn of taken) m.v.env.pages.freePages(pfn, 0);
		m.validate();
	});

	test("by itself a mask that may not block cannot run into an empty zone: data pages stop at its mark", () => {
		for (const [gfp, mark] of [
			[GFP_NOWAIT, 1000],
			[GFP_ATOMIC, 375],
		] as const) {
			for (const size of [SIZE, 4096, 2 ** 21]) {
				const m = new VmallocMachine({ rules: rulesC, free: 1200 });
				m.run((v, context) => vmalloc(v, { size, gfp }, context));
				// One PTE page for each 2 MiB, and one where the array has an area of its own.
				expect(m.freePages).toBeGreaterThanOrEqual(mark - 3);
				expect(m.events.warnings).not.toContain("PAGE_ALLOCATION_FAILURE");
			}
		}
	});
});
