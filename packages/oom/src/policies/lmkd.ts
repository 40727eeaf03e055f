import { InputError } from "@pagelab/base";
import type { OomAnswer, OomCandidate, OomPolicy, OomPolicyMemory, OomView } from "@pagelab/contracts";
import { mmRss } from "../oom-badness.ts";
import { daemonTasks } from "./daemon-tasks.ts";
import { remember } from "./hold-timer.ts";
import { PERCEPTIBLE_APP_ADJ, readPressure } from "./lmkd-pressure.ts";
import { killReason } from "./lmkd-reason.ts";

/** Options of {@link lmkd}, by the names of the Android properties `ro.lmk.*`. */
export interface LmkdOptions {
	/** ro.config.low_ram: changes the defaults of the thresholds below. */
	readonly lowRam?: boolean;
	/** 100; 30 with lowRam. */
	readonly thrashingLimit?: number;
	/** 10; 50 with lowRam. */
	readonly thrashingLimitDecay?: number;
	/** Three times thrashingLimit. */
	readonly thrashingLimitCritical?: number;
	/** 10 */
	readonly swapFreeLowPercentage?: number;
	/** 100: off. */
	readonly swapUtilMax?: number;
	/** 0 */
	readonly filecacheMinKb?: number;
	/** In % of avg10 of the full line. 100: off. */
	readonly stallLimitCritical?: number;
	/** 0 */
	readonly pressureAfterKillMinScore?: number;
	/** 70; 200 with lowRam. */
	readonly psiPartialStallMs?: number;
	/** 700 */
	readonly psiCompleteStallMs?: number;
	/** Longest wait for a victim. 100 */
	readonly killTimeoutMs?: number;
	/** Kill the heaviest of the least important ones, and not the one longest in line. false */
	readonly killHeaviestTask?: boolean;
}

export type LmkdConfig = Required<LmkdOptions>;

const WINDOW_US = 1_000_000;
const POLL_SHORT_MS = 10;
const POLL_LONG_MS = 100;

function configOf(options: LmkdOptions): LmkdConfig {
	const lowRam = options.lowRam ?? false;
	const thrashingLimit = options.thrashingLimit ?? (lowRam ? 30 : 100);
	if (!(thrashingLimit >= 0)) throw new InputError(`lmkd thrashing limit ${thrashingLimit}, expected 0 or more`);
	return {
		lowRam,
		thrashingLimit,
		thrashingLimitDecay: options.thrashingLimitDecay ?? (lowRam ? 50 : 10),
		thrashingLimitCritical: options.thrashingLimitCritical ?? thrashingLimit * 3,
		swapFreeLowPercentage: options.swapFreeLowPercentage ?? 10,
		swapUtilMax: options.swapUtilMax ?? 100,
		filecacheMinKb: options.filecacheMinKb ?? 0,
		stallLimitCritical: options.stallLimitCritical ?? 100,
		pressureAfterKillMinScore: options.pressureAfterKillMinScore ?? 0,
		psiPartialStallMs: options.psiPartialStallMs ?? (lowRam ? 200 : 70),
		psiCompleteStallMs: options.psiCompleteStallMs ?? 700,
		killTimeoutMs: options.killTimeoutMs ?? 100,
		killHeaviestTask: options.killHeaviestTask ?? false,
	};
}

/**
 * From the highest oom_score_adj down to `minScore`. Among equals the one longest in line, from the perceptible apps down, or
 * with killHeaviestTask everywhere, the heaviest. The line is that of the scan: which task the activity manager registered
 * first is not known.
 */
function rank(view: OomView, minScore: number, config: LmkdConfig): OomCandidate[] {
	const heaviest = (adj: number): boolean => config.killHeaviestTask || adj <= PERCEPTIBLE_APP_ADJ;
	const rss = (t: { mm: OomView["tasks"][number]["mm"] }): number => (t.mm === undefined ? 0 : mmRss(t.mm));
	return daemonTasks(view)
		.filter(({ oomScoreAdj }) => oomScoreAdj >= minScore)
		.sort((a, b) => b.oomScoreAdj - a.oomScoreAdj || (heaviest(a.oomScoreAdj) ? rss(b) - rss(a) : 0))
		.map((task) => ({ pids: [task.pid], points: task.oomScoreAdj }));
}

function missingInput(view: OomView): string | undefined {
	if (view.vmstat === undefined) return "needs vmstat";
	if (view.meminfo === undefined) return "needs meminfo";
	return view.zoneMarks === undefined ? "needs the zones' marks" : undefined;
}

/** Its victim is still there, and it has not waited long enough to do without. */
const awaitsVictim = (view: OomView, { victim, killedMs }: OomPolicyMemory, config: LmkdConfig): boolean =>
	victim !== undefined &&
	killedMs !== undefined &&
	view.tasks.some(({ pid, mm }) => pid === victim && mm !== undefined) &&
	(config.killTimeoutMs === 0 || view.nowMs - killedMs < config.killTimeoutMs);

/** When a trigger fired last, and whether lmkd still looks: for one window after it. Without knowledge it looks now. */
function lastFired(
	{ psiFired, nowMs }: OomView,
	{ firedMs }: OomPolicyMemory,
): { ms: number | undefined; looks: boolean } {
	if (psiFired === undefined) return { ms: firedMs, looks: true };
	const ms = psiFired.some || psiFired.full ? nowMs : firedMs;
	return { ms, looks: ms !== undefined && nowMs - ms <= WINDOW_US / 1000 };
}

function decide(view: OomView, memory: OomPolicyMemory, config: LmkdConfig): OomAnswer {
	const everybody = rank(view, 0, config);
	const base = { act: "wait", signal: "SIGKILL", ranking: everybody, memory, pollMs: POLL_LONG_MS } as const;
	const missing = missingInput(view);
	if (missing !== undefined) return { ...base, act: "unknown", why: missing };
	const fired = lastFired(view, memory);
	if (!fired.looks) return { ...base, why: "no PSI trigger fired" };
	if (awaitsVictim(view, memory, config)) return { ...base, why: "waits for its victim to go" };
	const pressure = readPressure(view, memory, config);
	const reason = pressure.idle ? undefined : killReason(view, pressure, config);
	// Direct reclaim and a kill make it look for another window.
	const firedMs = pressure.reclaim === "direct" ? view.nowMs : fired.ms;
	const seen = {
		...pressure.memory,
		firedMs,
		...(reason === undefined ? {} : { checkFilecache: Number(reason.checkFilecache) }),
	};
	const pollMs = pressure.swapIsLow ? POLL_SHORT_MS : POLL_LONG_MS;
	const wait = { ...base, memory: remember(seen), pollMs };
	if (reason?.why === undefined) {
		return { ...wait, why: pressure.idle ? "nothing is reclaimed or refaulted" : "no watermark is breached" };
	}
	const ranking = rank(view, reason.minScore, config);
	const victim = ranking[0]?.pids[0];
	if (victim === undefined) return { ...wait, ranking, why: `nobody to kill though ${reason.why}` };
	const kept = reason.cutsThrashingLimit ? 100 - config.thrashingLimitDecay : 100;
	const limit = Math.trunc((pressure.limit * kept) / 100);
	const after = { ...seen, limit, victim, killedMs: view.nowMs, killing: 1, firedMs: view.nowMs };
	return { ...wait, act: "kill", why: reason.why, ranking, memory: remember(after), pollMs: POLL_SHORT_MS };
}

/**
 * Android's lmkd with PSI (mp_event_psi): the least important app dies, by oom_score_adj, for the first of its reasons that
 * holds.
 *
 * Leaves out minfree levels, vmpressure of old kernels, hooks, per-zone skip counters (pgskip) and the once-a-minute refresh
 * of watermarks. Like the daemon it looks only for a second after a PSI trigger; a view that does not know of triggers is
 * looked at as it is.
 *
 * @throws InputError for a negative thrashing limit
 */
export function lmkd(options: LmkdOptions = {}): OomPolicy {
	const config = configOf(options);
	return {
		id: "lmkd",
		claim: "The app with the highest oom_score_adj dies when reclaim thrashes or watermarks are breached.",
		source: "Android lmkd (2023): lmkd.cpp mp_event_psi, README",
		evidence: "read in source",
		runsIn: "user space",
		psiTriggers: [
			{ line: "some", stallUs: config.psiPartialStallMs * 1000, windowUs: WINDOW_US },
			{ line: "full", stallUs: config.psiCompleteStallMs * 1000, windowUs: WINDOW_US },
		],
		decide: (view, memory) => decide(view, memory, config),
	};
}
