import { GFP_KERNEL } from "@pagelab/gfp";
import { PREEMPT } from "@pagelab/memalloc";
import { describe, expect, test } from "vitest";
import { vmalloc } from "./entry-points.ts";
import { kvmalloc } from "./kvmalloc.ts";
import { kvfree, runPendingWork, vfree, vfreeAtomic } from "./vfree.ts";
import type { VmallocWork } from "./vmalloc-env.ts";
import { VmallocMachine } from "./vmalloc-machine.fixture.ts";

const contextWith = (m: VmallocMachine, preemptCount: number): VmallocMachine["context"] => ({
	...m.context,
	preemptCount,
});

function machineWithArea(works: VmallocWork[] = []): { m: VmallocMachine; address: number } {
	const env = { queueWork: (work: VmallocWork) => void works.push(work), debugAtomicSleep: true };
	const m = new VmallocMachine({ free: 3000, env });
	const address = m.run((v, c, t) => vmalloc(v, { size: 65_536 }, c, t)).result?.address ?? 0;
	return { m, address };
}

describe("vfree()", () => {
	test("in task context the pages are back at once, and NULL is nothing", () => {
		const { m, address } = machineWithArea();
		vfree(m.v, address, m.context);
		vfree(m.v, 0, m.context);
		expect([m.v.areas.size, m.freePages, m.events.warnings]).toEqual([0, 2999, []]);
		m.validate();
	});

	test.each([
		["hardirq", PREEMPT.HARDIRQ_OFFSET],
		["softirq", PREEMPT.SOFTIRQ_OFFSET],
		["BH disabled", PREEMPT.SOFTIRQ_DISABLE_OFFSET],
	])("in %s a worker does it later", (_, preemptCount) => {
		const works: VmallocWork[] = [];
		const { m, address } = machineWithArea(works);
		const other = m.run((v, c, t) => vmalloc(v, { size: 4096 }, c, t)).result?.address ?? 0;
		vfree(m.v, address, contextWith(m, preemptCount));
		vfree(m.v, other, contextWith(m, preemptCount));
		vfree(m.v, 0, contextWith(m, preemptCount));
		expect([works, m.v.deferredFrees.length, m.v.areas.size]).toEqual([["vfree"], 2, 2]);
		m.validate();
		m.drive(runPendingWork(m.v, m.context));
		expect([m.v.deferredFrees.length, m.v.areas.size]).toEqual([0, 0]);
		m.validate();
	});

	test("in an NMI it is a BUG(), and so is vfree_atomic()", () => {
		const { m, address } = machineWithArea();
		vfree(m.v, address, contextWith(m, PREEMPT.NMI_OFFSET));
		vfreeAtomic(m.v, address, contextWith(m, PREEMPT.NMI_OFFSET));
		expect([m.events.warnings, m.v.areas.size]).toEqual([["VMALLOC_BUG", "VMALLOC_BUG"], 1]);
		m.validate();
	});

	test("under a spinlock it frees, and a debugging kernel complains; vfree_atomic() is for that", () => {
		const { m, address } = machineWithArea();
		vfreeAtomic(m.v, address, contextWith(m, PREEMPT.DISABLE_OFFSET));
		expect([m.events.warnings, m.v.areas.size]).toEqual([[], 1]);
		m.drive(runPendingWork(m.v, m.context));
		const again = machineWithArea();
		vfree(again.m.v, again.address, contextWith(again.m, PREEMPT.DISABLE_OFFSET));
		expect([again.m.events.warnings, again.m.v.areas.size]).toEqual([["SLEEP_IN_ATOMIC"], 0]);
	});

	test("of what is not allocated is an error of the caller", () => {
		const { m, address } = machineWithArea();
		expect(() => vfree(m.v, address + 4096, m.context)).toThrow("vfree() of an address that is not allocated");
		vfreeAtomic(m.v, address, m.context);
		expect(() => vfreeAtomic(m.v, address, m.context)).toThrow("vfree_atomic() of an address twice");
		expect(() => vfreeAtomic(m.v, 4096, m.context)).toThrow("vfree_atomic() of an address that is not allocated");
	});
});

test("kvfree() takes what kvmalloc() gave: objects, blocks, areas, NULL and ZERO_SIZE_PTR", () => {
	const m = new VmallocMachine({ free: 3000, zone: { largest: 4 } });
	const sizes = [0, 100, 8192, 20_000, 65_536, 65_537, 2 ** 21];
	const addresses = sizes.map(
		(size) => m.run((v, c, t) => kvmalloc(v, { size, gfp: GFP_KERNEL }, c, t)).result?.address ?? 0,
	);
	expect([m.v.areas.size, m.objects.largePages]).toEqual([2, 8 + 16]);
	m.otherObjects = 2;
	m.validate();
	for (const address of [...addresses, 0]) kvfree(m.v, address, m.context);
	m.otherObjects = 0;
	expect([m.v.areas.size, m.objects.largePages]).toEqual([0, 0]);
	expect(() => kvfree(m.v, 12_345, m.context)).toThrow("kfree() of an address that is not allocated");
	m.validate();
});
