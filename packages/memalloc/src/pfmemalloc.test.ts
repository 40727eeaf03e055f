import { asTaskFlags } from "@pagelab/base";
import { ALLOC, GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { inInterrupt, inServingSoftirq, inTask, PREEMPT, TASK_CONTEXT } from "./execution-context.ts";
import { gfpPfmemallocAllowed, gfpPfmemallocFlags } from "./pfmemalloc.ts";
import { memallocNoreclaimSave, memallocSave } from "./save-restore.ts";
import { PF } from "./task-flags.ts";
import { createTask } from "./task.ts";

/** preempt_count() of every context that the rules tell apart: what runs, over what. */
const CONTEXTS = new Map<string, number>(
	Object.entries({
		task: TASK_CONTEXT,
		"task, preemption off": PREEMPT.DISABLE_OFFSET,
		"task, BH disabled": PREEMPT.SOFTIRQ_DISABLE_OFFSET,
		"task, BH disabled twice": 2 * PREEMPT.SOFTIRQ_DISABLE_OFFSET,
		softirq: PREEMPT.SOFTIRQ_OFFSET,
		"softirq over BH disabled": PREEMPT.SOFTIRQ_OFFSET + PREEMPT.SOFTIRQ_DISABLE_OFFSET,
		hardirq: PREEMPT.HARDIRQ_OFFSET,
		"hardirq over softirq": PREEMPT.HARDIRQ_OFFSET + PREEMPT.SOFTIRQ_OFFSET,
		NMI: PREEMPT.NMI_OFFSET + PREEMPT.HARDIRQ_OFFSET,
	}),
);
const NAMES = [...CONTEXTS.keys()];
const countOf = (name: string): number => CONTEXTS.get(name) ?? Number.NaN;

/** include/linux/preempt.h by name instead of by number. */
const IN_TASK: readonly string[] = ["task", "task, preemption off", "task, BH disabled", "task, BH disabled twice"];
const OUTSIDE_INTERRUPT: readonly string[] = ["task", "task, preemption off"];
const SERVING_SOFTIRQ: readonly string[] = ["softirq", "softirq over BH disabled", "hardirq over softirq"];

test.each(NAMES)("context predicates: %s", (name) => {
	const count = countOf(name);
	expect(inTask(count)).toBe(IN_TASK.includes(name));
	expect(inInterrupt(count)).toBe(!OUTSIDE_INTERRUPT.includes(name));
	expect(inServingSoftirq(count)).toBe(SERVING_SOFTIRQ.includes(name));
});

interface Case {
	readonly gfp: number;
	readonly pfMemalloc: boolean;
	readonly oomVictim: boolean;
	readonly context: string;
}

/** memalloc-scopes.md §4, first match wins. */
const ROWS: readonly { readonly row: number; readonly when: (c: Case) => boolean; readonly result: number }[] = [
	{ row: 1, when: (c) => (c.gfp & GFP.NOMEMALLOC) !== 0, result: 0 },
	{ row: 2, when: (c) => (c.gfp & GFP.MEMALLOC) !== 0, result: ALLOC.NO_WATERMARKS },
	{ row: 3, when: (c) => SERVING_SOFTIRQ.includes(c.context) && c.pfMemalloc, result: ALLOC.NO_WATERMARKS },
	{ row: 4, when: (c) => OUTSIDE_INTERRUPT.includes(c.context) && c.pfMemalloc, result: ALLOC.NO_WATERMARKS },
	{ row: 5, when: (c) => OUTSIDE_INTERRUPT.includes(c.context) && c.oomVictim, result: ALLOC.OOM },
	{ row: 6, when: () => true, result: 0 },
];

test("all requests × tasks × contexts take the row that the table gives, and every row is taken", () => {
	const taken = new Set<number>();
	for (const context of NAMES) {
		for (let bits = 0; bits < 16; bits++) {
			const c: Case = {
				gfp: GFP_KERNEL | ((bits & 1) !== 0 ? GFP.MEMALLOC : 0) | ((bits & 2) !== 0 ? GFP.NOMEMALLOC : 0),
				pfMemalloc: (bits & 4) !== 0,
				oomVictim: (bits & 8) !== 0,
				context,
			};
			const row = ROWS.find((r) => r.when(c));
			const task = createTask("sh", 1, c.pfMemalloc ? PF.MEMALLOC : 0);
			task.oomVictim = c.oomVictim;
			const flags = gfpPfmemallocFlags(c.gfp, task, countOf(context));
			expect({ c, flags }).toEqual({ c, flags: row?.result });
			expect(gfpPfmemallocAllowed(c.gfp, task, countOf(context))).toBe(flags !== 0);
			taken.add(row?.row ?? 0);
		}
	}
	expect([...taken].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
});

describe("sentences of memalloc-scopes.md §4 and §5", () => {
	const memalloc = createTask("kswapd0", 30, PF.MEMALLOC | PF.KSWAPD);

	test("a hard IRQ over a PF_MEMALLOC task gets nothing, nor does its BH-disabled section; a softirq over it does", () => {
		expect(gfpPfmemallocFlags(GFP_ATOMIC, memalloc, countOf("hardirq"))).toBe(0);
		expect(gfpPfmemallocFlags(GFP_ATOMIC, memalloc, countOf("task, BH disabled"))).toBe(0);
		expect(gfpPfmemallocFlags(GFP_ATOMIC, memalloc, countOf("softirq"))).toBe(ALLOC.NO_WATERMARKS);
	});

	test("PF_MEMALLOC opens all reserves to GFP_KERNEL and GFP_NOWAIT alike, not to a NOMEMALLOC request", () => {
		for (const gfp of [GFP_KERNEL, GFP_NOWAIT]) {
			expect(gfpPfmemallocFlags(gfp, memalloc, TASK_CONTEXT)).toBe(ALLOC.NO_WATERMARKS);
			expect(gfpPfmemallocFlags(gfp | GFP.NOMEMALLOC, memalloc, TASK_CONTEXT)).toBe(0);
		}
	});

	test("the name trap: memalloc_noreclaim_save gives reserves, PF_MEMALLOC_NORECLAIM gives none", () => {
		const saved = createTask("a", 1);
		memallocNoreclaimSave(saved);
		const dropped = createTask("b", 2);
		memallocSave(dropped, PF.MEMALLOC_NORECLAIM);
		expect(gfpPfmemallocAllowed(GFP_KERNEL, saved, TASK_CONTEXT)).toBe(true);
		expect(gfpPfmemallocAllowed(GFP_KERNEL, dropped, TASK_CONTEXT)).toBe(false);
	});

	test("NOFS, NOIO and PIN scopes give no reserves", () => {
		const scoped = { flags: asTaskFlags(PF.MEMALLOC_NOFS | PF.MEMALLOC_NOIO | PF.MEMALLOC_PIN), oomVictim: false };
		expect(gfpPfmemallocFlags(GFP_KERNEL, scoped, TASK_CONTEXT)).toBe(0);
	});
});
