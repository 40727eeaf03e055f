/**
 * Cost of kvmalloc(256 KiB) with its kvfree(), address space and page tables included, small objects from a stand-in for SLUB.
 * Arguments: the leg that serves it, then how many calls.
 *
 * `kmalloc`: free memory lies in large blocks. `vmalloc`: it lies in single pages, so that kmalloc fails first and 64 pages are
 * mapped. The purge of the address space runs when it is due.
 */
import { NO_EVENTS } from "@pagelab/contracts";
import { GFP_KERNEL } from "@pagelab/gfp";
import { createTask, kernelScopes } from "@pagelab/memalloc";
import { restore } from "@pagelab/page-model";
import type { Steps } from "@pagelab/sim";
import {
	AssumedKernel,
	DEFAULT_ASSUMPTIONS,
	pageAllocatorOf,
	RequestPool,
	slowPathProfile,
	stateFromNumbers,
	WarnOnce,
} from "@pagelab/slow-path";
import {
	AssumedObjects,
	isVmallocAddr,
	kvfree,
	kvmalloc,
	rulesA,
	runPendingWork,
	Vmalloc,
	vmallocProfile,
} from "@pagelab/vmalloc";

const [leg = "vmalloc", count = "1e5"] = process.argv.slice(2);
const n = Number(count);
const kernel = "v6.12.117";
const fragmented = leg === "vmalloc";
const state = stateFromNumbers([
	{ free: 100_000, min: 1000, low: 1250, high: 1500, managed: 200_000, largest: fragmented ? 0 : 10 },
]);
const model = restore(state, kernel);
const assumed = new AssumedKernel(model, state, DEFAULT_ASSUMPTIONS);
const shared = {
	contextRule: kernelScopes,
	events: NO_EVENTS,
	warned: new WarnOnce(),
};
const pages = pageAllocatorOf({
	model,
	profile: slowPathProfile(kernel),
	reclaimer: assumed,
	oomKiller: assumed,
	...(assumed.compactor === undefined ? {} : { compactor: assumed.compactor }),
	requests: new RequestPool(),
	...shared,
});
const vmalloc = new Vmalloc({
	rules: rulesA,
	profile: vmallocProfile(kernel),
	pages,
	objects: new AssumedObjects(pages),
	totalPages: 200_000,
	...shared,
});
const context = { task: createTask("bench", 1), preemptCount: 0, rtTask: false };
const request = { size: 256 * 1024, gfp: GFP_KERNEL };

/** Runs a program to its end; whatever it waits for is there. */
function complete<T>(steps: Steps<T>): T {
	for (;;) {
		const next = steps.next(0);
		if (next.done === true) return next.value;
	}
}

/** One pair. @returns 1 if the leg was the one that is measured. */
function pair(): number {
	const { address } = complete(kvmalloc(vmalloc, request, context));
	kvfree(vmalloc, address, context);
	if (vmalloc.space.isPurgeDue) complete(runPendingWork(vmalloc, context));
	return address !== 0 && isVmallocAddr(address) === fragmented ? 1 : 0;
}

/** CPU time of one pair in ns. */
function measure(calls: number): number {
	for (let i = 0; i < 2000; i++) pair();
	const before = process.cpuUsage();
	let served = 0;
	for (let i = 0; i < calls; i++) served += pair();
	const { user, system } = process.cpuUsage(before);
	if (served !== calls) throw new Error(`${calls - served} of ${calls} calls were not served by ${leg}`);
	return ((user + system) * 1000) / calls;
}

console.log(JSON.stringify({ name: `kvmalloc 256 KiB, ${leg}`, ns: measure(n) }));
