import { asTaskFlags, type TaskFlags } from "@pagelab/base";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
	memallocNofsSave,
	memallocNoioSave,
	memallocNoreclaimRestore,
	memallocNoreclaimSave,
	memallocNowaitSave,
	memallocPinSave,
	memallocRestore,
	memallocSave,
} from "./save-restore.ts";
import { PF } from "./task-flags.ts";
import { createTask } from "./task.ts";

const { MEMALLOC_NOFS: NOFS, MEMALLOC_NOIO: NOIO } = PF;

test("the nesting table of memalloc-scopes.md §2", () => {
	const task = createTask("sh", 1);
	const a = memallocSave(task, NOFS);
	expect([task.flags, a]).toEqual([NOFS, NOFS]);
	const b = memallocSave(task, NOFS | NOIO);
	expect([task.flags, b]).toEqual([NOFS | NOIO, NOIO]);
	memallocRestore(task, b);
	expect(task.flags).toBe(NOFS);
	memallocRestore(task, a);
	expect(task.flags).toBe(0);
});

test("an inner save of a set bit returns 0 and its restore clears nothing", () => {
	const task = createTask("sh", 1);
	const outer = memallocNofsSave(task);
	const inner = memallocNofsSave(task);
	expect(inner).toBe(0);
	memallocRestore(task, inner);
	expect(task.flags).toBe(NOFS);
	memallocRestore(task, outer);
	expect(task.flags).toBe(0);
});

test("out of order with different bits ends clean, as in the kernel", () => {
	const task = createTask("sh", 1, PF.KTHREAD);
	const a = memallocSave(task, NOFS);
	const b = memallocSave(task, NOIO);
	memallocRestore(task, a);
	memallocRestore(task, b);
	expect(task.flags).toBe(PF.KTHREAD);
});

test("a second restore of one value clears the bit of a scope opened since, undetected", () => {
	const task = createTask("sh", 1);
	const a = memallocNofsSave(task);
	memallocRestore(task, a);
	memallocNofsSave(task);
	memallocRestore(task, a);
	expect(task.flags).toBe(0);
});

const saved = (save: (task: { flags: TaskFlags }) => TaskFlags): TaskFlags => save(createTask("sh", 1));

test("every wrapper sets its own bit, and noreclaim sets PF_MEMALLOC (the name trap)", () => {
	expect(saved(memallocNofsSave)).toBe(0x40000);
	expect(saved(memallocNoioSave)).toBe(0x80000);
	expect(saved(memallocNoreclaimSave)).toBe(0x800);
	expect(saved(memallocPinSave)).toBe(0x10000000);
	expect(saved(memallocNowaitSave)).toBe(0x800000);
});

test("a value may be restored by another helper, as bcachefs of 6.11 does", () => {
	const task = createTask("bch", 1);
	const bits = memallocSave(task, PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_NOWARN);
	memallocNoreclaimRestore(task, bits);
	expect(task.flags).toBe(0);
});

test("properly nested scopes of any bits restore the task exactly; each returns the bits that were new", () => {
	const bits = fc.nat(0xffffffff);
	fc.assert(
		fc.property(bits, fc.array(bits, { maxLength: 8 }), (initial, scopes) => {
			const task = createTask("sh", 1, initial);
			const undo = scopes.map((flags) => {
				const before = BigInt(task.flags);
				const added = memallocSave(task, flags);
				// The same in arithmetic that knows no signed words.
				expect(BigInt(added)).toBe(BigInt(flags) & ~before);
				expect(BigInt(task.flags)).toBe(before | BigInt(flags));
				return { added, before };
			});
			for (const { added, before } of undo.toReversed()) {
				memallocRestore(task, added);
				expect(BigInt(task.flags)).toBe(before);
			}
			expect(task.flags).toBe(asTaskFlags(initial));
		}),
	);
});
