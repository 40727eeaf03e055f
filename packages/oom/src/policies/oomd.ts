import type { OomAnswer, OomCandidate, OomCgroup, OomPolicy, OomPolicyMemory, OomView } from "@pagelab/contracts";
import { daemonTasks, tasksBelow } from "./daemon-tasks.ts";
import { matchesCgroup } from "./cgroup-pattern.ts";
import { hasHeld, holdsSince, remember } from "./hold-timer.ts";
import { rankByGrowth, rankBySwap } from "./oomd-ranking.ts";

/** Detectors pressure_above and memory_reclaim of one cgroup, which must both fire. */
export interface OomdPressureRule {
	/** Path of the cgroup that is watched. */
	readonly cgroup: string;
	/** avg10 of the full line must be above this, in %. */
	readonly thresholdPercent: number;
	readonly durationSeconds: number;
	/** And pages must have been scanned in it in the last so many seconds. */
	readonly reclaimSeconds: number;
}

/** Options of {@link oomd}; the defaults are the rules that it ships for desktops. */
export interface OomdOptions {
	/** user.slice above 60 % for 30 s, or system.slice above 80 % for 60 s. */
	readonly pressure?: readonly OomdPressureRule[];
	/** swap_free: kills by swap use below so many % of free swap. 10 */
	readonly swapFreePercent?: number;
	/** Cgroups to choose from; `*` stands for any part of one name. */
	readonly candidates?: readonly string[];
	/** 15 */
	readonly postActionSeconds?: number;
}

type Config = Required<OomdOptions>;

/** Period of the main loop. */
const INTERVAL_MS = 5000;
/** average_size_decay: each round counts for a quarter. */
const DECAY = 4;

const DESKTOP: Config = {
	pressure: [
		{ cgroup: "/user.slice", thresholdPercent: 60, durationSeconds: 30, reclaimSeconds: 10 },
		{ cgroup: "/system.slice", thresholdPercent: 80, durationSeconds: 60, reclaimSeconds: 10 },
	],
	swapFreePercent: 10,
	candidates: [
		"/user.slice/user-*.slice/session-*.scope",
		"/user.slice/user-*.slice/user@*.service/*",
		"/system.slice/*",
	],
	postActionSeconds: 15,
};

interface Watched {
	readonly path: string;
	readonly known: boolean;
	readonly since: number | undefined;
	readonly reclaimedMs: number | undefined;
	readonly fires: boolean;
}

function watch(view: OomView, rule: OomdPressureRule, memory: OomPolicyMemory): Watched {
	const { nowMs } = view;
	const { cgroup: path } = rule;
	const cgroup = view.cgroups?.find((c) => c.path === path);
	const pressed = (cgroup?.pressure?.full.avg10 ?? 0) > rule.thresholdPercent * 100;
	const since = holdsSince(pressed, memory[`since:${path}`], nowMs);
	const scans = (cgroup?.pgscan ?? 0) > (memory[`pgscan:${path}`] ?? 0);
	const reclaimedMs = scans ? nowMs : memory[`reclaimed:${path}`];
	const reclaims = reclaimedMs !== undefined && nowMs - reclaimedMs < (rule.reclaimSeconds + 1) * 1000;
	return {
		path,
		known: cgroup === undefined || cgroup.pressure !== undefined,
		since,
		reclaimedMs,
		fires: hasHeld(since, nowMs, rule.durationSeconds * 1000) && reclaims,
	};
}

const averageOf = (cgroup: OomCgroup, memory: OomPolicyMemory): number =>
	Math.trunc(((memory[`average:${cgroup.path}`] ?? 0) * (DECAY - 1)) / DECAY + cgroup.memoryCurrent / DECAY);

function memoryOf(all: readonly OomCgroup[], watched: readonly Watched[], old: OomPolicyMemory, actedMs?: number) {
	const numbers: Record<string, number | undefined> = { actedMs };
	for (const cgroup of all) numbers[`average:${cgroup.path}`] = averageOf(cgroup, old);
	for (const { path, since, reclaimedMs } of watched) {
		numbers[`since:${path}`] = since;
		numbers[`reclaimed:${path}`] = reclaimedMs;
		numbers[`pgscan:${path}`] = all.find((c) => c.path === path)?.pgscan;
	}
	return remember(numbers);
}

/** Cgroups in the order in which they would die; those with nobody to kill are passed over. */
function candidates(view: OomView, ordered: readonly (readonly [OomCgroup, number])[]): OomCandidate[] {
	const tasks = daemonTasks(view);
	return ordered
		.map(([cgroup, points]) => ({ pids: tasksBelow(tasks, cgroup.path), cgroup: cgroup.path, points }))
		.filter(({ pids }) => pids.length > 0);
}

function isSwapLow(view: OomView, config: Config): boolean {
	const { meminfo } = view;
	if (meminfo === undefined) return false;
	return meminfo.swapFree < Math.trunc((meminfo.swapTotal * config.swapFreePercent) / 100);
}

function decide(view: OomView, memory: OomPolicyMemory, config: Config): OomAnswer {
	const base = { signal: "SIGKILL", pollMs: INTERVAL_MS } as const;
	const all = view.cgroups;
	if (all === undefined) return { ...base, act: "unknown", why: "needs cgroups", ranking: [], memory: {} };
	const watched = config.pressure.map((rule) => watch(view, rule, memory));
	const eligible = all.filter(({ path }) => config.candidates.some((pattern) => matchesCgroup(path, pattern)));
	const byGrowth = candidates(
		view,
		rankByGrowth(eligible, (c) => averageOf(c, memory)),
	);
	const { actedMs } = memory;
	const answer = (act: OomAnswer["act"], why: string, ranking = byGrowth): OomAnswer => {
		const acted = act === "kill" ? view.nowMs : actedMs;
		return { ...base, act, why, ranking, memory: memoryOf(all, watched, memory, acted) };
	};
	if (actedMs !== undefined && view.nowMs - actedMs < config.postActionSeconds * 1000) {
		return answer("wait", "rests after a kill");
	}
	if (watched.some(({ fires }) => fires) && byGrowth.length > 0) return answer("kill", "pressure has lasted");
	const bySwap = candidates(view, rankBySwap(eligible));
	if (isSwapLow(view, config) && bySwap.length > 0) return answer("kill", "swap is low", bySwap);
	if (view.meminfo === undefined) return answer("unknown", "needs meminfo");
	if (watched.some(({ known }) => !known)) return answer("unknown", "needs the pressure of cgroups");
	return answer("wait", "neither pressure nor swap calls for a kill");
}

/**
 * Facebook's oomd with rules as for a desktop: cgroups die, by size and growth when pressure lasts, by swap use when swap runs
 * out.
 *
 * Leaves out other plugins, prekill hooks, drop-ins and recursive targeting. After a kill all rules rest, as its
 * documentation says.
 */
export function oomd(options: OomdOptions = {}): OomPolicy {
	const config: Config = { ...DESKTOP, ...options };
	return {
		id: "oomd",
		claim: "When pressure lasts, the biggest or fastest growing cgroup dies; when swap runs out, the biggest in swap.",
		source: "oomd 0.5: core_plugins.md, PressureAbove, MemoryReclaim, SwapFree, KillMemoryGrowth, desktop.json",
		evidence: "read in source",
		runsIn: "user space",
		decide: (view, memory) => decide(view, memory, config),
	};
}
