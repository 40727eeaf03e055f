import { InputError } from "@pagelab/base";
import type { OomAnswer, OomCandidate, OomCgroup, OomPolicy, OomPolicyMemory, OomView } from "@pagelab/contracts";
import { isBelowCgroup } from "../memcg-path.ts";
import { daemonTasks, tasksBelow } from "./daemon-tasks.ts";
import { hasHeld, holdsSince, remember } from "./hold-timer.ts";

/** Options of {@link systemdOomd}, by the names of oomd.conf. */
export interface SystemdOomdOptions {
	/** SwapUsedLimit, in %. 90 */
	readonly swapUsedLimitPercent?: number;
	/** DefaultMemoryPressureLimit, in %. 60 */
	readonly pressureLimitPercent?: number;
	/** DefaultMemoryPressureDurationSec. 30 */
	readonly pressureDurationSeconds?: number;
}

type Config = Required<SystemdOomdOptions>;

const RECLAIM_MS = 30_000;
const POST_ACTION_MS = 15_000;
/** The swap timer; pressure is looked at each second. */
const SWAP_INTERVAL_MS = 150;
const PRESSURE_INTERVAL_MS = 1000;
const SWAP_CANDIDATE_PERCENT = 5;

const isLeaf = (path: string, all: readonly OomCgroup[]): boolean =>
	!all.some((other) => other.path !== path && isBelowCgroup(other.path, path));

/** Below one monitored cgroup: leaves, and cgroups with memory.oom.group in the place of what is below them. */
function candidatesOf(root: OomCgroup, all: readonly OomCgroup[]): OomCgroup[] {
	const below = all.filter(({ path }) => isBelowCgroup(path, root.path));
	const groups = below.filter((c) => c.oomGroup === true && c !== root);
	const inGroup = (c: OomCgroup): boolean => groups.some((g) => g !== c && isBelowCgroup(c.path, g.path));
	return below.filter((c) => !inGroup(c) && (groups.includes(c) || isLeaf(c.path, all)));
}

const candidatesBelow = (roots: readonly OomCgroup[], all: readonly OomCgroup[]): OomCgroup[] => [
	...new Set(roots.flatMap((root) => candidatesOf(root, all))),
];

const avoidLast = (a: OomCgroup, b: OomCgroup): number =>
	Number(a.preference === "avoid") - Number(b.preference === "avoid");

/** Ordered candidates; those to omit, and those in which nobody may be killed, are left out. */
function rank(
	view: OomView,
	cgroups: readonly OomCgroup[],
	points: (cgroup: OomCgroup) => number,
	tie: (cgroup: OomCgroup) => number,
): OomCandidate[] {
	const tasks = daemonTasks(view);
	return cgroups
		.filter(({ preference }) => preference !== "omit")
		.toSorted((a, b) => avoidLast(a, b) || points(b) - points(a) || tie(b) - tie(a))
		.map((c) => ({ pids: tasksBelow(tasks, c.path), cgroup: c.path, points: points(c) }))
		.filter(({ pids }) => pids.length > 0);
}

function swapCandidates(view: OomView, all: readonly OomCgroup[], swapTotal: number): OomCandidate[] {
	const threshold = Math.floor((swapTotal * SWAP_CANDIDATE_PERCENT) / 100);
	const roots = all.filter(({ managedOomSwap }) => managedOomSwap === true);
	const swapping = candidatesBelow(roots, all).filter(({ swapCurrent }) => swapCurrent > threshold);
	return rank(
		view,
		swapping,
		(c) => c.swapCurrent,
		() => 0,
	);
}

/** What was scanned in a cgroup since the last look. A counter that went back belongs to a new cgroup of that name. */
function pgscanRate(cgroup: OomCgroup, memory: OomPolicyMemory): number {
	const scanned = cgroup.pgscan ?? 0;
	const last = memory[`pgscan:${cgroup.path}`] ?? scanned;
	return last > scanned ? scanned : scanned - last;
}

function pressureCandidates(view: OomView, root: OomCgroup, all: readonly OomCgroup[], memory: OomPolicyMemory) {
	const alive = candidatesBelow([root], all).filter((c) => (c.pgscan ?? 0) > 0 || c.memoryCurrent > 0);
	return rank(
		view,
		alive,
		(c) => pgscanRate(c, memory),
		(c) => c.memoryCurrent,
	);
}

interface Watched {
	readonly cgroup: OomCgroup;
	readonly since: number | undefined;
	readonly reclaimedMs: number | undefined;
	readonly isDue: boolean;
}

function watch(view: OomView, cgroup: OomCgroup, memory: OomPolicyMemory, config: Config): Watched {
	const { nowMs } = view;
	const limit = cgroup.pressureLimit ?? config.pressureLimitPercent * 100;
	const duration = cgroup.pressureDurationMs ?? config.pressureDurationSeconds * 1000;
	const pressed = (cgroup.pressure?.full.avg10 ?? 0) > limit;
	const since = holdsSince(pressed, memory[`since:${cgroup.path}`], nowMs);
	const scans = pgscanRate(cgroup, memory) > 0;
	const reclaimedMs = scans ? nowMs : memory[`reclaimed:${cgroup.path}`];
	const reclaims = reclaimedMs !== undefined && nowMs - reclaimedMs <= RECLAIM_MS;
	return { cgroup, since, reclaimedMs, isDue: hasHeld(since, nowMs, duration) && reclaims };
}

function memoryOf(all: readonly OomCgroup[], watched: readonly Watched[], actedMs: number | undefined) {
	const numbers: Record<string, number | undefined> = { actedMs };
	for (const { path, pgscan } of all) numbers[`pgscan:${path}`] = pgscan;
	for (const { cgroup, since, reclaimedMs } of watched) {
		numbers[`since:${cgroup.path}`] = since;
		numbers[`reclaimed:${cgroup.path}`] = reclaimedMs;
	}
	return remember(numbers);
}

/** (total - used) < total · (100 - limit) %, for memory and for swap. */
function isSwapShort({ meminfo }: OomView, { swapUsedLimitPercent }: Config): boolean {
	if (meminfo === undefined) return false;
	const below = (free: number, total: number): boolean =>
		free < Math.floor((total * (100 - swapUsedLimitPercent)) / 100);
	return below(meminfo.memAvailable, meminfo.memTotal) && below(meminfo.swapFree, meminfo.swapTotal);
}

/** The cgroup that dies for pressure: below the first watched one that is due and has candidates. */
function pressureChoice(view: OomView, watched: readonly Watched[], memory: OomPolicyMemory): OomCandidate[] {
	for (const { cgroup, isDue } of watched) {
		if (!isDue) continue;
		const ranking = pressureCandidates(view, cgroup, view.cgroups ?? [], memory);
		if (ranking.length > 0) return ranking;
	}
	return [];
}

function decide(view: OomView, memory: OomPolicyMemory, config: Config): OomAnswer {
	const all = view.cgroups;
	const base = { signal: "SIGKILL", ranking: [], memory: {}, pollMs: PRESSURE_INTERVAL_MS } as const;
	if (all === undefined) return { ...base, act: "unknown", why: "needs cgroups" };
	const { actedMs } = memory;
	const watched = all.filter((c) => c.managedOomMemoryPressure === true).map((c) => watch(view, c, memory, config));
	const usesSwap = all.some(({ managedOomSwap }) => managedOomSwap === true);
	const pollMs = usesSwap ? SWAP_INTERVAL_MS : PRESSURE_INTERVAL_MS;
	const answer = (act: OomAnswer["act"], why: string, ranking: OomCandidate[], acted = actedMs): OomAnswer => ({
		...base,
		act,
		why,
		ranking,
		memory: memoryOf(all, watched, acted),
		pollMs,
	});
	const bySwap = usesSwap ? swapCandidates(view, all, view.meminfo?.swapTotal ?? 0) : [];
	if (usesSwap && isSwapShort(view, config) && bySwap.length > 0) {
		return answer("kill", "memory and swap are used up", bySwap);
	}
	const isResting = actedMs !== undefined && view.nowMs - actedMs < POST_ACTION_MS;
	const byPressure = isResting ? [] : pressureChoice(view, watched, memory);
	if (byPressure.length > 0) return answer("kill", "pressure on a cgroup has lasted", byPressure, view.nowMs);
	if (usesSwap && view.meminfo === undefined) return answer("unknown", "needs meminfo", bySwap);
	const blind = watched.some(({ cgroup }) => cgroup.pressure === undefined);
	if (blind) return answer("unknown", "needs the pressure of cgroups", bySwap);
	return answer("wait", "neither swap nor pressure calls for a kill", bySwap);
}

/**
 * systemd-oomd of systemd 257 and later: whole cgroups die, by swap use where ManagedOOMSwap=kill, or by what was scanned in
 * them where ManagedOOMMemoryPressure=kill.
 *
 * Leaves out rule sets, prekill hooks and ownership of extended attributes. One question looks at swap and at pressure; the
 * daemon has a timer for each, so that here the scan rates of the pressure side are those of the shorter period where swap
 * is watched too.
 *
 * @throws InputError for a limit that is no percentage
 */
export function systemdOomd(options: SystemdOomdOptions = {}): OomPolicy {
	const { swapUsedLimitPercent = 90, pressureLimitPercent = 60, pressureDurationSeconds = 30 } = options;
	for (const percent of [swapUsedLimitPercent, pressureLimitPercent]) {
		if (!(percent >= 0 && percent <= 100)) {
			throw new InputError(`systemd-oomd limit ${percent} is no percentage, expected 0 to 100`);
		}
	}
	const config = { swapUsedLimitPercent, pressureLimitPercent, pressureDurationSeconds };
	return {
		id: "systemd-oomd",
		claim: "The cgroup that swaps or reclaims most dies as a whole.",
		source: "systemd 257 and later: src/oom/oomd-manager.c, oomd-util.c",
		evidence: "read in source",
		runsIn: "user space",
		decide: (view, memory) => decide(view, memory, config),
	};
}
