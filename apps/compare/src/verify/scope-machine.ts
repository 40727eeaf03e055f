import type { KernelId } from "@pagelab/base";
import { type AllocContext, ALLOC_WARNING, COMPACT_RESULT, MM_EVENT, NO_PAGE } from "@pagelab/contracts";
import { ZONE_NAMES } from "@pagelab/gfp";
import { createTask, memallocProfile } from "@pagelab/memalloc";
import { restore } from "@pagelab/page-model";
import {
	type AllocEnv,
	type AllocFailureReport,
	allocPages,
	AssumedKernel,
	slowPathProfile,
	stateFromNumbers,
	WarnAlloc,
	WarnOnce,
	type ZoneNumbers,
} from "@pagelab/slow-path";
import { parseZoneinfo } from "@pagelab/trace";

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

	/** A message that another allocator printed, which uses the shared limit up. @returns what would be printed. */
	warnAlloc(gfp: number, message: string): AllocFailureReport | undefined {
		this.#report = undefined;
		this.#log.warnAlloc({ gfp, message, nodemask: undefined, context: this.#contextOf(0) });
		return this.#report;
	}

	#contextOf(taskFlags: number): AllocContext {
		return { task: createTask("cat", 1, taskFlags), preemptCount: 0, rtTask: false };
	}

	/** One alloc_pages() on zones like these. */
	allocPages(request: { gfp: number; order: number; taskFlags: number }, zones: readonly ZoneNumbers[]): ScopeOutcome {
		const state = stateFromNumbers(zones);
		const model = restore(state, this.#kernel);
		const emptyLruCountsFree = this.#kernel === "v6.12.117";
		const busy = {
			reclaim: 0,
			compaction: COMPACT_RESULT.COMPLETE,
			oom: "kills",
			oomFrees: 0,
			emptyLruCountsFree,
		} as const;
		const assumed = new AssumedKernel(model, state, busy);
		const { compactor } = assumed;
		const warnings: (keyof typeof ALLOC_WARNING)[] = [];
		this.#report = undefined;
		const env: AllocEnv = {
			model,
			profile: slowPathProfile(this.#kernel),
			contextRule: memallocProfile(this.#kernel).contextRule.value,
			reclaimer: assumed,
			...(compactor === undefined ? {} : { compactor }),
			oomKiller: assumed,
			events: {
				emit: (event, a) => {
					if (event !== MM_EVENT.WARN || a === ALLOC_WARNING.PAGE_ALLOCATION_FAILURE) return;
					warnings.push(WARNING_NAMES[a] as keyof typeof ALLOC_WARNING);
				},
				steps: () => undefined,
			},
			warned: this.#warned,
			failureLog: this.#log,
			clock: this.#clock,
		};
		const steps = allocPages(env, request, this.#contextOf(request.taskFlags));
		let result = steps.next(0);
		let waits = 0;
		while (result.done !== true && waits < MAX_WAITS) {
			waits++;
			result = steps.next(0);
		}
		const ok = result.done === true && result.value !== NO_PAGE;
		return { ok, waited: waits > 0, warnings, report: this.#report };
	}
}
