import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT } from "@pagelab/gfp";
import { createTask, kernelScopes, memallocNoreclaimRestore, memallocNoreclaimSave, PF } from "@pagelab/memalloc";
import { asGfp } from "@pagelab/base";
import { describe, expect, test } from "vitest";
import { applyGfpScope, gfpScopeFlags, restoreGfpScope } from "./gfp-scope.ts";
import { VMALLOC_RULES } from "./rules/vmalloc-rules.ts";
import { rulesA } from "./rules/rules-a.ts";
import { rulesC } from "./rules/rules-c.ts";
import { rulesD } from "./rules/rules-d.ts";

const { MEMALLOC, MEMALLOC_NOFS: NOFS, MEMALLOC_NOIO: NOIO } = PF;
const { NORETRY, RETRY_MAYFAIL, NOFAIL, DIRECT_RECLAIM, NOMEMALLOC, FS, RECLAIM } = GFP;

/** vmalloc-2025.md §2, row by row; PF_MEMALLOC is what memalloc_noreclaim_save() sets, not PF_MEMALLOC_NORECLAIM. */
describe("the scope around page tables", () => {
	test.each([
		// name, mask, A, B, C, D
		["KERNEL", GFP_KERNEL, 0, 0, 0, 0],
		["NOFS", GFP_NOFS, NOFS, NOFS, NOFS, NOFS],
		["NOIO", GFP_NOIO, NOIO, NOIO, NOIO, NOIO],
		["NOWAIT", GFP_NOWAIT, NOIO, NOIO, MEMALLOC, MEMALLOC],
		["ATOMIC", GFP_ATOMIC, NOIO, NOIO, MEMALLOC, MEMALLOC],
		["KERNEL without DIRECT_RECLAIM", GFP_KERNEL & ~DIRECT_RECLAIM, 0, 0, MEMALLOC, MEMALLOC],
		["FS without IO", RECLAIM | FS, 0, 0, 0, 0],
		["KERNEL|NORETRY", GFP_KERNEL | NORETRY, 0, 0, 0, MEMALLOC],
		["KERNEL|RETRY_MAYFAIL", GFP_KERNEL | RETRY_MAYFAIL, 0, 0, 0, MEMALLOC],
		// Rows do not combine.
		["NOFS|NORETRY", GFP_NOFS | NORETRY, NOFS, NOFS, NOFS, MEMALLOC],
		["NOIO|RETRY_MAYFAIL", GFP_NOIO | RETRY_MAYFAIL, NOIO, NOIO, NOIO, MEMALLOC],
		["KERNEL|NOFAIL", GFP_KERNEL | NOFAIL, 0, 0, 0, 0],
		["NOFS|NOFAIL", GFP_NOFS | NOFAIL, NOFS, NOFS, NOFS, NOFS],
		["KERNEL|NOFAIL|NORETRY", GFP_KERNEL | NOFAIL | NORETRY, 0, 0, 0, MEMALLOC],
		["NOWAIT|NOMEMALLOC", GFP_NOWAIT | NOMEMALLOC, NOIO, NOIO, MEMALLOC, MEMALLOC],
		["nothing at all", 0, NOIO, NOIO, MEMALLOC, MEMALLOC],
	] as const)("%s", (_, gfp, ...expected) => {
		expect(VMALLOC_RULES.map((rules) => gfpScopeFlags(rules, gfp))).toEqual(expected);
	});

	test("a mask without IO and FS makes page tables reclaim as GFP_NOIO in A; KERNEL minus DIRECT_RECLAIM as GFP_KERNEL", () => {
		const counted = (gfp: number): number => {
			const task = createTask("t", 1);
			applyGfpScope(rulesA, task, gfp);
			return kernelScopes.narrow(task.flags, asGfp(GFP_KERNEL | GFP.ZERO));
		};
		expect([counted(GFP_NOWAIT), counted(GFP_ATOMIC), counted(0x8c0)]).toEqual([0xd00, 0xd00, 0xdc0]);
	});

	test("nested inside of PF_MEMALLOC it returns 0, and the outer scope survives", () => {
		const task = createTask("t", 1);
		const outer = memallocNoreclaimSave(task);
		const inner = applyGfpScope(rulesC, task, GFP_NOWAIT);
		expect(inner).toBe(0);
		restoreGfpScope(task, inner);
		expect(task.flags).toBe(MEMALLOC);
		memallocNoreclaimRestore(task, outer);
		expect(task.flags).toBe(0);
	});

	test("it gives back what it set and nothing else", () => {
		const task = createTask("t", 1, NOFS);
		for (const gfp of [GFP_NOFS, GFP_NOIO, GFP_KERNEL | NORETRY]) {
			restoreGfpScope(task, applyGfpScope(rulesD, task, gfp));
			expect(task.flags).toBe(NOFS);
		}
	});
});
