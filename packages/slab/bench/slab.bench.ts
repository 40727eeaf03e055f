/**
 * Cost of slab. Arguments: what, then how many calls.
 *
 * `fast`: kmalloc(64) from the CPU's free list with its kfree(), and bytes of the heap per pair. `generator`: the same through the
 * generator that may wait. `growth`: an object that takes a new slab, and the return of both, with the page allocator's part.
 */
import type { PageAllocator } from "@pagelab/contracts";
import { GFP_KERNEL } from "@pagelab/gfp";
import { createTask } from "@pagelab/memalloc";
import { bootModel, freePages, parseMachineSpec, takeFrame } from "@pagelab/page-model";
import { NO_WAIT, type Steps } from "@pagelab/sim";
import { SlabAllocator } from "@pagelab/slab";

const SIZE = 64;
/** Less than the 64 objects of a slab. */
const BATCH = 60;

const [what = "fast", count = "2e7"] = process.argv.slice(2);
const n = Number(count);
const kernel = "v6.12.117";
const model = bootModel(parseMachineSpec("512M"), kernel);

const allocPages: PageAllocator["allocPagesWithoutWaiting"] = ({ gfp, order }) => takeFrame(model, gfp, order, 0);

/** The fast path of alloc_pages() alone, which is enough as long as pages are free. */
const pages: PageAllocator = {
	mayWait: () => false,
	allocPagesWithoutWaiting: allocPages,
	*allocPages(request, context): Steps<number> {
		yield* NO_WAIT;
		return allocPages(request, context);
	},
	*allocPagesBulk(): Steps<readonly number[]> {
		yield* NO_WAIT;
		return [];
	},
	splitPage: () => undefined,
	freePages: (pfn, order) => freePages(model, pfn, order),
};
const slab = new SlabAllocator({ kernel, cpus: 1, pages });
const context = { task: createTask("bench", 1), preemptCount: 0, rtTask: false };
const request = { size: SIZE, gfp: GFP_KERNEL };
const cache = slab.caches.find(({ name }) => name === "kmalloc-64");
const objects = new Float64Array(BATCH);

function kmalloc(): number {
	const result = slab.kmalloc(request, context).next(0);
	if (result.done !== true) throw new Error("a kmalloc waits");
	return result.value;
}

/** Objects are taken, then given back in the same order. */
function batchFast(): void {
	for (let i = 0; i < BATCH; i++) objects[i] = slab.kmallocFast(SIZE, GFP_KERNEL);
	for (let i = 0; i < BATCH; i++) slab.kfree(objects[i] as number);
}

function batchOfGenerators(): void {
	for (let i = 0; i < BATCH; i++) objects[i] = kmalloc();
	for (let i = 0; i < BATCH; i++) slab.kfree(objects[i] as number);
}

/** One object, whose slab comes from the page allocator and goes back at once. */
function growAndShrink(): void {
	slab.kfree(kmalloc());
	cache?.shrink();
}

const cpuTime = (): number => {
	const { user, system } = process.cpuUsage();
	return (user + system) * 1000;
};

/** CPU time of one call in ns, after a warm-up of a tenth. */
function measure(call: () => void, calls: number): number {
	for (let i = 0; i < calls / 10; i++) call();
	const before = cpuTime();
	for (let i = 0; i < calls; i++) call();
	return (cpuTime() - before) / calls;
}

/** Bytes of the heap that one call makes: the least of some runs short enough for no collection in between. */
function bytesPerCall(call: () => void, calls: number): number {
	const runs = Array.from({ length: 7 }, () => {
		const before = process.memoryUsage().heapUsed;
		for (let i = 0; i < calls; i++) call();
		return (process.memoryUsage().heapUsed - before) / calls;
	});
	return Math.min(...runs.filter((bytes) => bytes >= 0));
}

/** The CPU gets a slab of its own with all objects free, so that no call leaves the fast path. */
function prepare(): void {
	batchOfGenerators();
	if (slab.kmallocFast(SIZE, GFP_KERNEL) === 0) throw new Error("the CPU has no free object");
}

const print = (name: string, numbers: object): void => console.log(JSON.stringify({ name, ...numbers }));
if (what === "fast") {
	prepare();
	print("kmalloc and kfree, fast path", { ns: measure(batchFast, n / BATCH) / BATCH });
	if (objects.includes(0)) throw new Error("a kmalloc left the fast path");
	print("heap of a kmalloc", { value: bytesPerCall(batchFast, 1000) / BATCH });
} else if (what === "generator") {
	print("the same as generators", { ns: measure(batchOfGenerators, n / BATCH) / BATCH });
} else {
	print("slab growth and shrink", { ns: measure(growAndShrink, n) });
}
