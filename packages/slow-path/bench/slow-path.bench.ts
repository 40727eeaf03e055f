/**
 * Cost of the slow path. Arguments: `off` or `on` for the attempt trace, then how many requests. Each enters the slow path of a
 * zone below its min mark and fails at once: S3, S4, S8, S11, S12, S20. Prints ns per request, and bytes of the heap per
 * request where the trace is off.
 */
import { NO_EVENTS } from "@pagelab/contracts";
import { GFP_NOWAIT } from "@pagelab/gfp";
import { createTask, kernelScopes } from "@pagelab/memalloc";
import { restore } from "@pagelab/page-model";
import {
	type AllocEnv,
	allocPages,
	allocPagesWithoutWaiting,
	AssumedKernel,
	AttemptTrace,
	completeWithoutWaiting,
	DEFAULT_ASSUMPTIONS,
	RequestPool,
	slowPathProfile,
	stateFromNumbers,
	WarnOnce,
} from "@pagelab/slow-path";

const [mode = "off", count = "2e6"] = process.argv.slice(2);
const n = Number(count);
const state = stateFromNumbers([{ free: 100, min: 1000, low: 1250, high: 1500 }]);
const model = restore(state, "v6.12.117");
const assumed = new AssumedKernel(model, state, DEFAULT_ASSUMPTIONS);
const env: AllocEnv = {
	model,
	profile: slowPathProfile("v6.12.117"),
	contextRule: kernelScopes,
	reclaimer: assumed,
	oomKiller: assumed,
	events: NO_EVENTS,
	warned: new WarnOnce(),
	requests: new RequestPool(),
};
const context = { task: createTask("bench", 1), preemptCount: 0, rtTask: false };
const request = { gfp: GFP_NOWAIT, order: 0 };

const fail = (): number => allocPagesWithoutWaiting(env, request, context);
const failTraced = (): number => allocPagesWithoutWaiting({ ...env, trace: new AttemptTrace() }, request, context);
/** The same through the generator, as a caller that does not know whether it may wait. */
const failGeneric = (): number => completeWithoutWaiting(allocPages(env, request, context));

/** CPU time of one call in ns. */
function measure(call: () => number, calls: number): number {
	for (let i = 0; i < 50_000; i++) call();
	const before = process.cpuUsage();
	let failures = 0;
	for (let i = 0; i < calls; i++) failures += call();
	const { user, system } = process.cpuUsage(before);
	if (failures !== -calls) throw new Error("a request did not fail");
	return ((user + system) * 1000) / calls;
}

/** Bytes of the heap that one call makes: the least of some runs short enough for no collection in between. */
function bytesPerCall(call: () => number): number {
	const calls = 20_000;
	const runs = Array.from({ length: 7 }, () => {
		const before = process.memoryUsage().heapUsed;
		for (let i = 0; i < calls; i++) call();
		return (process.memoryUsage().heapUsed - before) / calls;
	});
	return Math.min(...runs.filter((bytes) => bytes >= 0));
}

const print = (name: string, numbers: object): void => console.log(JSON.stringify({ name, ...numbers }));
if (mode === "on") {
	print("slow path fails, trace on", { ns: measure(failTraced, n) });
} else {
	print("slow path fails, trace off", { ns: measure(fail, n) });
	print("the same as a generator", { ns: measure(failGeneric, n) });
	print("heap of a failed request", { value: bytesPerCall(fail) });
}
