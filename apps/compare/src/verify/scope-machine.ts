import type { KernelId } from "@pagelab/base";
import {
	type AllocContext,
	ALLOC_WARNING,
	COMPACT_RESULT,
	type EventSink,
	MM_EVENT,
	NO_PAGE,
	NULL,
} from "@pagelab/contracts";
import { ZONE_NAMES } from "@pagelab/gfp";
import { createTask, memallocProfile } from "@pagelab/memalloc";
import { restore, restoreTrusted } from "@pagelab/page-model";
import { reclaimProfile } from "@pagelab/reclaim";
import type { Steps } from "@pagelab/sim";
import { SlabAllocator } from "@pagelab/slab";
import {
	type AllocEnv,
	type AllocFailureReport,
	allocPages,
	AssumedKernel,
	pageAllocatorOf,
	slowPathProfile,
	stateFromNumbers,
	WarnAlloc,
	WarnOnce,
	type ZoneNumbers,
} from "@pagelab/slow-path";
import { parseZoneinfo } from "@pagelab/trace";
import { kvmalloc, rulesA, Vmalloc, vmalloc, vmallocProfile } from "@pagelab/vmalloc";

/** A request for bytes. */
export interface ScopeBytes {
	readonly size: number;
	readonly gfp: number;
	readonly taskFlags: number;
}

/** What one request did on the model. */
export interface ScopeOutcome {
	readonly ok: boolean;
	/** Asked to wait, and so could have been switched away from. */
	readonly waited: boolean;
	/** Once-only warnings given, in order. */
	readonly warnings: readonly (keyof typeof ALLOC_WARNING)[];
	/** Message of warn_alloc(), if one was printed. */
	readonly report: AllocFailureReport | undefined;
}

const WARNING_NAMES = Object.keys(ALLOC_WARNING) as (keyof typeof ALLOC_WARNING)[];

/** Waits after which a request that still goes on is taken for one that never ends. */
const MAX_WAITS = 500;

/** Marks and sizes of the populated zones of a /proc/zoneinfo, which prints the marks with boost. */
export function zonesOf(zoneinfo: string): ZoneNumbers[] {
	return parseZoneinfo(zoneinfo)
		.filter((zone) => (zone.values.get("managed") ?? 0) > 0)
		.map((zone) => {
			const value = (name: string): number => zone.values.get(name) ?? 0;
			const boost = value("boost");
			const idx = ZONE_NAMES.findIndex((name) => name === zone.name);
			return {
				node: zone.node,
				idx,
				free: value("free"),
				min: value("min") - boost,
				low: value("low") - boost,
				high: value("high") - boost,
				boost,
				reserve: zone.protection.at(-1) ?? 0,
				managed: value("managed"),
			};
		});
}

/**
 * One booted machine for the requests of a recording: once-latches and the limit of warn_alloc() last from the first to the
 * last, the state of its zones is given for each request. The rest of the kernel is busy: reclaim finds nothing that helps a
 * larger block, compaction runs and makes none.
 */
export class ScopeMachine {
	readonly #kernel: KernelId;
	readonly #warned = new WarnOnce();
	readonly #log: WarnAlloc;
	/** Virtual time in ticks (ns). */
	readonly #clock = { now: 0 };
	#report: AllocFailureReport | undefined;

	constructor(kernel: KernelId, zones: readonly ZoneNumbers[]) {
		this.#kernel = kernel;
		const model = restore(stateFromNumbers(zones), kernel);
		this.#log = new WarnAlloc({ model, kernel, clock: this.#clock, print: (report) => (this.#report = report) });
	}

	pass(ns: number): void {
		this.#clock.now += Math.round(ns);
	}

	#contextOf(taskFlags: number): AllocContext {
		return { task: createTask("cat", 1, taskFlags), preemptCount: 0, rtTask: false };
	}

	/** One alloc_pages() on zones like these. */
	allocPages(request: { gfp: number; order: number; taskFlags: number }, zones: readonly ZoneNumbers[]): ScopeOutcome {
		const { gfp, order, taskFlags } = request;
		const context = this.#contextOf(taskFlags);
		return this.#run(zones, function* (env) {
			return (yield* allocPages(env, { gfp, order }, context)) !== NO_PAGE;
		});
	}

	/** One kmalloc() of so many bytes, with no slab in use before. */
	kmalloc(request: ScopeBytes, zones: readonly ZoneNumbers[]): ScopeOutcome {
		const context = this.#contextOf(request.taskFlags);
		return this.#run(zones, function* (env) {
			return (yield* this.#slabOn(env).kmalloc(request, context)) !== NULL;
		});
	}

	/** One kvmalloc(), with no slab and no page table in use before. */
	kvmalloc(request: ScopeBytes, zones: readonly ZoneNumbers[]): ScopeOutcome {
		const context = this.#contextOf(request.taskFlags);
		return this.#run(zones, function* (env) {
			return (yield* kvmalloc(this.#vmallocOn(env), request, context)).address !== NULL;
		});
	}

	/** One __vmalloc(), with no slab and no page table in use before. */
	vmalloc(request: ScopeBytes, zones: readonly ZoneNumbers[]): ScopeOutcome {
		const context = this.#contextOf(request.taskFlags);
		return this.#run(zones, function* (env) {
			return (yield* vmalloc(this.#vmallocOn(env), request, context)).address !== NULL;
		});
	}

	/** Runs one call to its end, or until it has waited so often that it is taken for one without an end. */
	#run(zones: readonly ZoneNumbers[], call: (this: this, env: AllocEnv) => Steps<boolean>): ScopeOutcome {
		const warnings: (keyof typeof ALLOC_WARNING)[] = [];
		this.#report = undefined;
		const steps = call.call(this, this.#envOn(zones, warnings));
		let result = steps.next(0);
		let waits = 0;
		while (result.done !== true && waits < MAX_WAITS) {
			waits++;
			result = steps.next(0);
		}
		return { ok: result.done === true && result.value, waited: waits > 0, warnings, report: this.#report };
	}

	#envOn(zones: readonly ZoneNumbers[], warnings: (keyof typeof ALLOC_WARNING)[]): AllocEnv {
		const kernel = this.#kernel;
		const state = stateFromNumbers(zones);
		const model = restoreTrusted(state, kernel);
		const emptyLruCountsFree = reclaimProfile(kernel).emptyLruCounts.value === "free pages";
		const assumed = new AssumedKernel(model, state, { ...BUSY, emptyLruCountsFree });
		const { compactor } = assumed;
		return {
			model,
			profile: slowPathProfile(kernel),
			contextRule: memallocProfile(kernel).contextRule.value,
			reclaimer: assumed,
			...(compactor === undefined ? {} : { compactor }),
			oomKiller: assumed,
			events: warningsInto(warnings),
			warned: this.#warned,
			failureLog: this.#log,
			clock: this.#clock,
		};
	}

	#slabOn(env: AllocEnv): SlabAllocator {
		return new SlabAllocator({ kernel: this.#kernel, cpus: 1, pages: pageAllocatorOf(env) });
	}

	#vmallocOn(env: AllocEnv): Vmalloc {
		return new Vmalloc({
			rules: rulesA,
			profile: vmallocProfile(this.#kernel),
			pages: pageAllocatorOf(env),
			objects: this.#slabOn(env),
			totalPages: env.model.zones.reduce((sum, { managed }) => sum + managed, 0),
			contextRule: env.contextRule,
			events: env.events,
			warned: env.warned,
			failureLog: this.#log,
		});
	}
}

/** The rest of the kernel: reclaim finds nothing that helps, compaction runs and makes no block, kills free nothing. */
const BUSY = { reclaim: 0, compaction: COMPACT_RESULT.COMPLETE, oom: "kills", oomFrees: 0 } as const;

/** Collects once-only warnings by name; the messages of warn_alloc() come as reports. */
const warningsInto = (warnings: (keyof typeof ALLOC_WARNING)[]): EventSink => ({
	emit: (event, a) => {
		const name = WARNING_NAMES[a] as keyof typeof ALLOC_WARNING;
		if (event === MM_EVENT.WARN && name !== "PAGE_ALLOCATION_FAILURE" && name !== "VMALLOC_ERROR") warnings.push(name);
	},
	steps: () => undefined,
});
