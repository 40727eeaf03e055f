/**
 * The allocator under the workloads of the C anchor (anchors/alloc). Arguments: workload, GiB, operations. Prints one JSON
 * line with nanoseconds of CPU time per operation; `pairs` counts an allocation and its free as one.
 *
 * Slots, random numbers and order of operations are the anchor's, so both sides do the same work.
 */
import { GFP_HIGHUSER_MOVABLE } from "@pagelab/gfp";
import { bootMachine, freePages, type PageModel, restore, takeFrame } from "@pagelab/page-model";

const [workload = "pairs", gib = "4", operations = "2e7"] = process.argv.slice(2);
const frames = Number(gib) * 262_144;
const count = Number(operations);

const machine = (size = Number(gib)): PageModel => {
	const spec = { memoryPages: size * 262_144, nodes: 1, cpus: 4, layout: "one-zone", thp: false } as const;
	return restore(bootMachine(spec, "v6.12.117"), "v6.12.117");
};

let state = 2_463_534_242 | 0;
function random(): number {
	state ^= state << 13;
	state ^= state >>> 17;
	state ^= state << 5;
	return state >>> 0;
}

/** GFP masks by migratetype 0, 1, 2. */
const GFP_BY_TYPE = [0xcc0, GFP_HIGHUSER_MOVABLE, 0xcd0];

function pairs(m: PageModel, n: number): void {
	for (let i = 0; i < n; i++) freePages(m, takeFrame(m, GFP_HIGHUSER_MOVABLE, 0, 0), 0);
}

/** Random slots of a machine that is half full: an empty one gets a page, a used one gives it back. */
function toggle(m: PageModel, slots: Int32Array, n: number): void {
	const mask = slots.length - 1;
	for (let i = 0; i < n; i++) {
		const k = random() & mask;
		const pfn = slots[k] as number;
		if (pfn < 0) {
			slots[k] = takeFrame(m, GFP_HIGHUSER_MOVABLE, 0, 0);
		} else {
			freePages(m, pfn, 0);
			slots[k] = -1;
		}
	}
}

/** The same with orders 0 .. 10, three migratetypes and four CPUs. */
function mixed(m: PageModel, slots: Int32Array, n: number): void {
	const mask = slots.length - 1;
	for (let i = 0; i < n; i++) {
		const r = random();
		const k = r & mask;
		const v = slots[k] as number;
		if (v < 0) {
			const q = random();
			const order = ((q & 0xffff) * 11) >>> 16;
			const t = q >>> 28;
			m.cpu = (q >>> 26) & 3;
			const pfn = takeFrame(m, GFP_BY_TYPE[t < 10 ? 1 : t < 14 ? 0 : 2] as number, order, 0);
			slots[k] = pfn < 0 ? -1 : pfn * 16 + order;
		} else {
			m.cpu = r >>> 30;
			freePages(m, v >>> 4, v & 15);
			slots[k] = -1;
		}
	}
}

/** Nanoseconds of CPU time per operation of `work`. */
function measure(n: number, work: () => void): number {
	const before = process.cpuUsage();
	work();
	const { user, system } = process.cpuUsage(before);
	return ((user + system) * 1000) / n;
}

const print = (ns: number): void => console.log(JSON.stringify({ name: `${workload} ${gib} GiB`, ns }));

/** Allocates every page that the low mark gives, then frees all; returns both times per page. */
function fillAndDrain(m: PageModel, pages: number): { fillNs: number; drainNs: number } {
	const taken = new Int32Array(pages);
	let n = 0;
	const fill = measure(1, () => {
		for (let pfn = takeFrame(m, GFP_HIGHUSER_MOVABLE, 0, 0); pfn >= 0; pfn = takeFrame(m, GFP_HIGHUSER_MOVABLE, 0, 0)) {
			taken[n++] = pfn;
		}
	});
	const drain = measure(1, () => {
		for (let i = 0; i < n; i++) freePages(m, taken[i] as number, 0);
	});
	return { fillNs: fill / n, drainNs: drain / n };
}

if (workload === "pairs") {
	const m = machine();
	pairs(m, 2_000_000);
	print(measure(count, () => pairs(m, count)));
} else if (workload === "rand0") {
	const m = machine();
	const slots = new Int32Array(frames).fill(-1);
	toggle(m, slots, 2 * frames);
	print(measure(count, () => toggle(m, slots, count)));
} else if (workload === "mixU") {
	const m = machine();
	const slots = new Int32Array(frames / 256).fill(-1);
	mixed(m, slots, slots.length * 4);
	print(measure(count, () => mixed(m, slots, count)));
} else {
	// The compiler needs to have seen the work once: on a machine of its own.
	fillAndDrain(machine(1), 262_144);
	const { fillNs, drainNs } = fillAndDrain(machine(), frames);
	console.log(JSON.stringify({ name: `fill ${gib} GiB`, ns: fillNs }));
	console.log(JSON.stringify({ name: `drain ${gib} GiB`, ns: drainNs }));
}
