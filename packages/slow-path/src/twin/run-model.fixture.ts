import type { Cpuset } from "@pagelab/contracts";
import { type CompactResult, NO_EVENTS, NO_PAGE } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { asTaskFlags } from "@pagelab/base";
import { createTask, memallocProfile } from "@pagelab/memalloc";
import { freePages, type PageModel, restoreTrusted } from "@pagelab/page-model";
import { delay, type Steps } from "@pagelab/sim";
import { type AllocEnv, WarnOnce } from "../alloc-env.ts";
import { allocPages } from "../alloc-pages.ts";
import { type AttemptEntry, AttemptTrace } from "../attempt-trace.ts";
import { slowPathProfile } from "../profile.ts";
import { stateFromNumbers } from "../zone-numbers.ts";
import type { LadderCase } from "./ladder-case.fixture.ts";

/** What a run did: rungs with outcomes, and how it ended; `cut` if it still went on after so many. */
export interface LadderRun {
	readonly rungs: readonly string[];
	readonly end: "page" | "NULL" | "cut";
}

/** Rungs after which a run is cut. */
export const MAX_RUNGS = 260;

/** Element i of a script that starts over. */
export const scripted = <T>(script: readonly T[], i: number): T => script[i % script.length] as T;

/** Frames at the ends of the zones, in use: every other one, so that freeing them makes single pages that never merge. */
class LonePages {
	readonly #model: PageModel;
	readonly #next: number[];

	constructor(model: PageModel) {
		this.#model = model;
		this.#next = model.zones.map((zone) => zone.endPfn - 1);
	}

	free(zone: number, pages: number): void {
		for (let i = 0; i < pages; i++) {
			const pfn = this.#next[zone] as number;
			this.#next[zone] = pfn - 2;
			freePages(this.#model, pfn, 0);
		}
	}
}

/** The case's surroundings as ports. */
function envOf(c: LadderCase, trace: AttemptTrace): { env: AllocEnv; cpuset: Cpuset | undefined } {
	const model = restoreTrusted(stateFromNumbers(c.zones), c.kernel);
	const lone = new LonePages(model);
	const zonelists = { sequence: 0 };
	const cpuset =
		c.cpuset === undefined
			? undefined
			: {
					name: "/x",
					memsAllowed: c.cpuset.mems[0] as ReadonlySet<number>,
					sequence: 0,
					hardwallMems: c.cpuset.hardwall,
				};
	let reclaims = 0;
	let compactions = 0;
	let ooms = 0;
	function* yieldOnce<T>(value: T): Steps<T> {
		yield delay(0);
		return value;
	}
	const { compactions: results } = c;
	const env: AllocEnv = {
		model,
		profile: slowPathProfile(c.kernel),
		contextRule: memallocProfile(c.kernel).contextRule.value,
		reclaimer: {
			wakeKswapd: () => undefined,
			reclaimablePages: (zone) => c.reclaimable[zone.id] ?? 0,
			tryToFreePages: () => {
				const step = scripted(c.reclaims, reclaims++);
				lone.free(step.zone, step.pages);
				if (step.change === "zonelist") zonelists.sequence++;
				if (cpuset !== undefined && step.change === "cpuset") cpuset.sequence++;
				if (cpuset !== undefined && step.change === "mems") {
					cpuset.memsAllowed = c.cpuset?.mems[1] as ReadonlySet<number>;
				}
				return yieldOnce(step.progress);
			},
		},
		...(results === undefined
			? {}
			: {
					compactor: {
						tryToCompactPages: () => yieldOnce(scripted(results, compactions++) as CompactResult),
						isZonelistSuitable: () => c.zonelistSuitable,
						deferReset: () => undefined,
					},
				}),
		oomKiller: {
			enabled: true,
			tryLock: () => !scripted(c.ooms, ooms++).locked,
			unlock: () => undefined,
			outOfMemory: () => {
				const step = scripted(c.ooms, ooms - 1);
				lone.free(step.zone, step.pages);
				return yieldOnce(step.result);
			},
		},
		events: NO_EVENTS,
		warned: new WarnOnce(),
		zonelists,
		...(c.cpuset === undefined ? {} : { cpusets: { enabled: true, insane: c.cpuset.insane } }),
		...(c.suspended ? { power: { gfpAllowedMask: ~(GFP.IO | GFP.FS) } } : {}),
		...(c.charged === undefined ? {} : { kmem: { online: true, chargePage: () => yieldOnce(c.charged === true) } }),
		trace,
	};
	return { env, cpuset };
}

/** Rung and outcome; for compaction also its priority and result. */
function rungText({ rung, outcome, numbers = {} }: AttemptEntry): string {
	const compacted = (rung === "S5" || rung === "S14") && numbers["result"] !== undefined;
	return compacted ? `${rung} ${outcome} at ${numbers["priority"]}: ${numbers["result"]}` : `${rung} ${outcome}`;
}

/** Runs the case on the model. Warnings are left out: once-latches have tests of their own. */
export function runModel(c: LadderCase): LadderRun {
	const trace = new AttemptTrace();
	const { env, cpuset } = envOf(c, trace);
	const task = createTask("t", 1);
	task.flags = asTaskFlags(c.taskFlags);
	task.oomVictim = c.oomVictim;
	const { rtTask, preemptCount, killPending, gfp, order, nid, nodemask } = c;
	const context = { task, rtTask, preemptCount, process: { killPending }, ...(cpuset === undefined ? {} : { cpuset }) };
	const request = { gfp, order, nid, ...(nodemask === undefined ? {} : { nodemask }) };
	const steps = allocPages(env, request, context);
	let end: LadderRun["end"] = "cut";
	while (trace.entries.length < MAX_RUNGS) {
		const result = steps.next(0);
		if (result.done !== true) continue;
		end = result.value === NO_PAGE ? "NULL" : "page";
		break;
	}
	const rungs = trace.entries.filter((e) => e.outcome !== "warned").map(rungText);
	return { rungs, end };
}
