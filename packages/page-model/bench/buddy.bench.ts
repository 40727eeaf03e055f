/**
 * The allocator under the workloads of the C anchor (anchors/alloc). Arguments: workload, GiB, operations. Prints one JSON
 * line with nanoseconds of CPU time per operation; `pairs` counts an allocation and its free as one.
 *
 * Slots, random numbers and order of operations are the anchor's, so both sides do the same work.
 */
import { GFP, GFP_HIGHUSER_MOVABLE, GFP_KERNEL } from "@pagelab/gfp";
import {
	bootMachine,
	freePages,
	type MachineState,
	type PageModel,
	pcpLimits,
	restore,
	takeFrame,
	type ZoneState,
} from "@pagelab/page-model";

const [workload = "pairs", gib = "4", operations = "2e7"] = process.argv.slice(2);
const count = Number(operations);

/** Operations per call of a workload: what the compiler has optimized must be entered by a call now and then. */
const CHUNK = 10_000;
/** Operations before the clock starts, at least: the machine's state settles and the compiler has seen the work. */
const WARM_UP = 2_000_000;

/** Own constants: V8 knows their values, of imported ones it does not. */
const MOVABLE = GFP_HIGHUSER_MOVABLE;
/** Masks by a number 0 .. 15: ten movable, four unmovable, two reclaimable. */
const MASKS = Array.from({ length: 16 }, (_, i) =>
	i < 10 ? MOVABLE : i < 14 ? GFP_KERNEL : GFP_KERNEL | GFP.RECLAIMABLE,
);

const pages = Number(gib) * 262_144;
const CPUS = 4;

/** The state of a machine after boot, with a kernel as Debian ships it: its per-CPU lists tune themselves. */
const bootState = (memoryPages: number): MachineState =>
	bootMachine({ memoryPages, nodes: 1, cpus: CPUS, layout: "one-zone", thp: false }, "v6.12.117");

const machine = (memoryPages: number): PageModel => restore(bootState(memoryPages), "v6.12.117");

/** Pages at which the anchor drains a per-CPU list. */
const ANCHOR_HIGH = 378;

/**
 * A machine whose kernel is configured as the anchor is written: without CONFIG_TRANSPARENT_HUGEPAGE, so that order 9 has no
 * per-CPU lists, and with the sysctl percpu_pagelist_high_fraction at the value that fixes their limit at the anchor's.
 *
 * An operation is then nearly the same work on both sides: 0.25 and 0.25 splits, 0.29 and 0.25 merges, 0.61 and 0.55 blocks
 * refilled. On the kernel as shipped it is 1.1 splits, 1.2 merges and 2.6 blocks, because a free of order 9 empties the
 * CPU's other lists.
 */
function anchorMachine(memoryPages: number): PageModel {
	const state = bootState(memoryPages);
	const highFraction = Math.floor(memoryPages / CPUS / ANCHOR_HIGH);
	const withLimits = (zone: ZoneState): ZoneState => {
		const limits = pcpLimits({ managed: zone.managed, lowWmark: zone.wmark[1] ?? 0, cpus: CPUS, highFraction });
		return { ...zone, pcp: zone.pcp.map((pcp) => ({ ...pcp, ...limits })) };
	};
	return restore(
		{
			...state,
			globals: { ...state.globals, percpuPagelistHighFraction: highFraction, hasThpPcpLists: false },
			nodes: state.nodes.map((node) => ({ ...node, zones: node.zones.map(withLimits) })),
		},
		"v6.12.117",
	);
}

/** Empty slots hold -1; the number of slots is a power of two. */
const emptySlots = (n: number): Int32Array => new Int32Array(n).fill(-1);

/** The anchor's xorshift32; `seed[0]` is its state. */
const seed = Int32Array.of(2_463_534_242 | 0);

/** An allocation and its free, again and again: what the per-CPU list holds stays in the cache. */
function pairs(m: PageModel, n: number): void {
	for (let i = 0; i < n; i++) freePages(m, takeFrame(m, MOVABLE, 0, 0), 0);
}

/** Random slots of a machine that is half full: an empty one gets a page, a used one gives it back. */
function toggle(m: PageModel, slots: Int32Array, n: number): void {
	const mask = slots.length - 1;
	let x = seed[0] as number;
	for (let i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		const k = x & mask;
		const pfn = slots[k] as number;
		if (pfn < 0) {
			slots[k] = takeFrame(m, MOVABLE, 0, 0);
		} else {
			freePages(m, pfn, 0);
			slots[k] = -1;
		}
	}
	seed[0] = x;
}

/** The same with orders 0 .. 10, three migratetypes and four CPUs. */
function mixed(m: PageModel, slots: Int32Array, n: number): void {
	const mask = slots.length - 1;
	let x = seed[0] as number;
	for (let i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		const k = x & mask;
		const v = slots[k] as number;
		if (v < 0) {
			x ^= x << 13;
			x ^= x >>> 17;
			x ^= x << 5;
			const order = ((x & 0xffff) * 11) >>> 16;
			m.cpu = (x >>> 26) & 3;
			const pfn = takeFrame(m, MASKS[x >>> 28] as number, order, 0);
			slots[k] = pfn < 0 ? -1 : (pfn << 4) | order;
		} else {
			m.cpu = x >>> 30;
			freePages(m, v >>> 4, v & 15);
			slots[k] = -1;
		}
	}
	seed[0] = x;
}

/** Nanoseconds of CPU time that `work` takes. */
function measure(work: () => void): number {
	const before = process.cpuUsage();
	work();
	const { user, system } = process.cpuUsage(before);
	return (user + system) * 1000;
}

const print = (name: string, ns: number): void => console.log(JSON.stringify({ name: `${name} ${gib} GiB`, ns }));

/** Warms a workload up, measures it and prints its time per operation. */
function report(work: (n: number) => void, warmUp = WARM_UP): void {
	const run = (n: number): void => {
		for (let done = 0; done < n; done += CHUNK) work(CHUNK);
	};
	run(Math.max(WARM_UP, warmUp));
	print(workload, measure(() => run(count)) / count);
}

/** Allocates pages until the low mark is reached; returns their number. */
function fill(m: PageModel, taken: Int32Array): number {
	for (let n = 0; ; n++) {
		const pfn = takeFrame(m, MOVABLE, 0, 0);
		if (pfn < 0) return n;
		taken[n] = pfn;
	}
}

function drain(m: PageModel, taken: Int32Array, n: number): void {
	for (let i = 0; i < n; i++) freePages(m, taken[i] as number, 0);
}

/** Time per page to fill a machine and to drain it again. */
function fillAndDrain(m: PageModel, taken: Int32Array): { fillNs: number; drainNs: number } {
	let n = 0;
	const fillNs = measure(() => {
		n = fill(m, taken);
	});
	const drainNs = measure(() => drain(m, taken, n));
	return { fillNs: fillNs / n, drainNs: drainNs / n };
}

if (workload === "pairs") {
	const m = machine(pages);
	report((n) => pairs(m, n));
} else if (workload === "rand0") {
	const m = machine(pages);
	const slots = emptySlots(pages);
	report((n) => toggle(m, slots, n), 2 * slots.length);
} else if (workload === "mixU" || workload === "mixU-shipped") {
	const m = workload === "mixU" ? anchorMachine(pages) : machine(pages);
	const slots = emptySlots(pages / 256);
	report((n) => mixed(m, slots, n));
} else {
	// The compiler must have seen the work: on small machines of their own.
	for (let i = 0; i < 40; i++) fillAndDrain(machine(16_384), new Int32Array(16_384));
	const m = machine(pages);
	const { fillNs, drainNs } = fillAndDrain(m, new Int32Array(pages));
	print("fill", fillNs);
	print("drain", drainNs);
}
