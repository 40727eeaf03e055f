import { asGfp, asTaskFlags } from "@pagelab/base";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { kernelScopes } from "./kernel-scopes.ts";
import { enumerateMasks, subsetsOf } from "./mask-enumeration.ts";
import { fsReclaimAcquires, MIGHT_ALLOC, mightAlloc, type MightAllocOptions } from "./might-alloc.ts";
import { noreclaimScopes } from "./noreclaim-scopes.ts";
import { PF } from "./task-flags.ts";

/** A 6.11 or 6.12 kernel with LOCKDEP and without KASAN_HW_TAGS: bit 24. */
const NOLOCKDEP = 0x1000000;
const v611: MightAllocOptions = { rule: noreclaimScopes, nolockdep: NOLOCKDEP, mightAllocSkipsPfMemalloc: false };
const v612: MightAllocOptions = { ...v611, rule: kernelScopes };
const v619: MightAllocOptions = { ...v612, mightAllocSkipsPfMemalloc: true };

const BOTH = MIGHT_ALLOC.FS_RECLAIM | MIGHT_ALLOC.MMU_NOTIFIER;
const acquires = (gfp: number, flags: number, options: MightAllocOptions): number =>
	fsReclaimAcquires(asGfp(gfp), asTaskFlags(flags), options);

test("who takes the fs_reclaim map (memalloc-scopes.md §7)", () => {
	for (const options of [v611, v612]) {
		expect(acquires(GFP_KERNEL, 0, options)).toBe(BOTH);
		expect(acquires(GFP_NOFS, 0, options)).toBe(MIGHT_ALLOC.MMU_NOTIFIER);
		expect(acquires(GFP_NOIO, 0, options)).toBe(MIGHT_ALLOC.MMU_NOTIFIER);
		expect(acquires(GFP_NOWAIT, 0, options)).toBe(0);
		expect(acquires(GFP_ATOMIC, 0, options)).toBe(0);
		expect(acquires(GFP_KERNEL, PF.MEMALLOC_NOFS, options)).toBe(MIGHT_ALLOC.MMU_NOTIFIER);
		expect(acquires(GFP_KERNEL, PF.MEMALLOC, options)).toBe(0);
		expect(acquires(GFP_KERNEL | NOLOCKDEP, 0, options)).toBe(0);
	}
});

test("not caught: allocations under NORECLAIM of 6.11; 6.12 does not know the bit", () => {
	expect(acquires(GFP_KERNEL, PF.MEMALLOC_NORECLAIM, v611)).toBe(0);
	expect(acquires(GFP_KERNEL, PF.MEMALLOC_NORECLAIM, v612)).toBe(BOTH);
});

test("against the conditions of §7 in words, for all masks and flags", () => {
	const scopes = subsetsOf(noreclaimScopes.scopeFlags | PF.MEMALLOC);
	const wrong: unknown[] = [];
	for (const mask of enumerateMasks()) {
		for (const flags of scopes) {
			const has = (bit: number): boolean => (flags & bit) !== 0;
			const mayReclaim = (mask & GFP.DIRECT_RECLAIM) !== 0 && !has(PF.MEMALLOC_NORECLAIM) && !has(PF.MEMALLOC);
			const mayFs = (mask & GFP.FS) !== 0 && !has(PF.MEMALLOC_NOFS) && !has(PF.MEMALLOC_NOIO);
			const expected = mayReclaim ? (mayFs ? BOTH : MIGHT_ALLOC.MMU_NOTIFIER) : 0;
			if (acquires(mask, flags, v611) !== expected) wrong.push({ mask, flags, expected });
		}
	}
	expect(wrong).toEqual([]);
});

const sleeps = (gfp: number, flags: number, options: MightAllocOptions): boolean =>
	(mightAlloc(asGfp(gfp), asTaskFlags(flags), options) & MIGHT_ALLOC.MIGHT_SLEEP) !== 0;

describe("might_sleep tests the mask as given", () => {
	test("slab's raw GFP_KERNEL splats under NORECLAIM, the page allocator's scoped mask does not (claim K4)", () => {
		const flags = asTaskFlags(PF.MEMALLOC_NORECLAIM);
		expect(sleeps(GFP_KERNEL, flags, v611)).toBe(true);
		expect(sleeps(noreclaimScopes.narrow(flags, GFP_KERNEL), flags, v611)).toBe(false);
	});

	test("a PF_MEMALLOC task is tested up to 6.18 and skipped from 6.19 on, and takes fs_reclaim in neither", () => {
		expect(mightAlloc(GFP_KERNEL, asTaskFlags(PF.MEMALLOC), v612)).toBe(MIGHT_ALLOC.MIGHT_SLEEP);
		expect(mightAlloc(GFP_KERNEL, asTaskFlags(PF.MEMALLOC), v619)).toBe(0);
		expect(mightAlloc(GFP_KERNEL, asTaskFlags(0), v619)).toBe(BOTH | MIGHT_ALLOC.MIGHT_SLEEP);
	});

	test("GFP_NOWAIT and GFP_ATOMIC never", () => {
		expect(mightAlloc(GFP_NOWAIT, asTaskFlags(0), v612)).toBe(0);
		expect(mightAlloc(GFP_ATOMIC, asTaskFlags(0), v612)).toBe(0);
	});
});
