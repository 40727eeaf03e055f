import { InputError } from "@pagelab/base";
import type { OomAnswer, OomCandidate, OomMeminfo, OomPolicy, OomView } from "@pagelab/contracts";
import { procOomScore } from "../oom-badness.ts";
import { daemonTasks } from "./daemon-tasks.ts";
import { hasHeld, holdsSince, remember } from "./hold-timer.ts";

/** Options of {@link nohang}, by the names of its configuration. Percentages are of MemTotal and SwapTotal. */
export interface NohangOptions {
	/** 5 */
	readonly softMinMemPercent?: number;
	/** 10 */
	readonly softMinSwapPercent?: number;
	/** soft_threshold_max_psi, in %. 40 */
	readonly softMaxPsi?: number;
	/** 2 */
	readonly hardMinMemPercent?: number;
	/** 4 */
	readonly hardMinSwapPercent?: number;
	/** hard_threshold_max_psi, in %. 90 */
	readonly hardMaxPsi?: number;
	/** psi_metrics. `full_avg10` */
	readonly psiMetrics?: "some_avg10" | "some_avg60" | "some_avg300" | "full_avg10" | "full_avg60" | "full_avg300";
	/** psi_excess_duration. 30 */
	readonly psiExcessSeconds?: number;
	/** psi_post_action_delay. 15 */
	readonly psiPostActionSeconds?: number;
	/** max_soft_exit_time. 10 */
	readonly maxSoftExitSeconds?: number;
	/** min_badness. 1 */
	readonly minBadness?: number;
}

/** nohang-desktop.conf. */
const DESKTOP: Required<NohangOptions> = {
	softMinMemPercent: 5,
	softMinSwapPercent: 10,
	softMaxPsi: 40,
	hardMinMemPercent: 2,
	hardMinSwapPercent: 4,
	hardMaxPsi: 90,
	psiMetrics: "full_avg10",
	psiExcessSeconds: 30,
	psiPostActionSeconds: 15,
	maxSoftExitSeconds: 10,
	minBadness: 1,
};

type Signal = OomAnswer["signal"];
type Config = Required<NohangOptions>;

/** The metric in 1/100 %, or undefined where PSI is not looked at: it is unknown, or there is no swap. */
function psiOf(view: OomView, { psiMetrics }: Config): number | undefined {
	if (view.pressure === undefined || view.meminfo?.swapTotal === 0) return undefined;
	const [line, average] = psiMetrics.split("_") as ["some" | "full", "avg10" | "avg60" | "avg300"];
	return view.pressure[line][average];
}

interface Timers {
	readonly softSince: number | undefined;
	readonly hardSince: number | undefined;
}

/** Pressure counts only while available memory is low too. */
function psiTimers(view: OomView, mem: OomMeminfo, config: Config, old: Timers): Timers {
	const psi = psiOf(view, config);
	const exceeds = (limit: number, memPercent: number): boolean =>
		psi !== undefined && psi >= limit * 100 && mem.memAvailable * 100 <= memPercent * mem.memTotal;
	return {
		softSince: holdsSince(exceeds(config.softMaxPsi, config.softMinMemPercent), old.softSince, view.nowMs),
		hardSince: holdsSince(exceeds(config.hardMaxPsi, config.hardMinMemPercent), old.hardSince, view.nowMs),
	};
}

function signalFor(
	view: OomView,
	mem: OomMeminfo,
	timers: Timers & { readonly lastMs: number | undefined },
	c: Config,
): Signal | undefined {
	const { lastMs } = timers;
	const isLow = (memPercent: number, swapPercent: number): boolean =>
		mem.memAvailable * 100 <= memPercent * mem.memTotal && mem.swapFree * 100 <= swapPercent * mem.swapTotal;
	const isPressed = (since: number | undefined): boolean =>
		hasHeld(since, view.nowMs, c.psiExcessSeconds * 1000) &&
		(lastMs === undefined || hasHeld(lastMs, view.nowMs, c.psiPostActionSeconds * 1000));
	if (isLow(c.hardMinMemPercent, c.hardMinSwapPercent) || isPressed(timers.hardSince)) return "SIGKILL";
	if (isLow(c.softMinMemPercent, c.softMinSwapPercent) || isPressed(timers.softSince)) return "SIGTERM";
	return undefined;
}

/** Highest oom_score, from 1 up; the earlier task wins a tie. */
function rank(view: OomView): OomCandidate[] {
	return daemonTasks(view)
		.map((task) => ({ pids: [task.pid], points: procOomScore(task, view.totalpages, view.pageSize) }))
		.filter(({ points }) => points >= 1)
		.sort((a, b) => b.points - a.points);
}

/** 100 .. 3000 ms: as long as memory and swap cannot fill up to the soft limits, at 6000 and 2000 MiB/s. */
function sleepMs(mem: OomMeminfo, c: Config, pageSize: number): number {
	const seconds = (part: number, whole: number, percent: number, mibPerSecond: number): number =>
		Math.max(0, ((part - (whole * percent) / 100) * pageSize) / (mibPerSecond * 1024 * 1024));
	const total =
		seconds(mem.memAvailable, mem.memTotal, c.softMinMemPercent, 6000) +
		seconds(mem.swapFree, mem.swapTotal, c.softMinSwapPercent, 2000);
	return Math.min(3000, Math.max(100, Math.trunc(total * 1000)));
}

/** SIGTERM is not repeated; a victim that outlives it for too long gets SIGKILL. */
function afterSoft(signal: Signal, softForMs: number | undefined, config: Config): Signal | undefined {
	if (signal === "SIGKILL" || softForMs === undefined) return signal;
	return softForMs > config.maxSoftExitSeconds * 1000 ? "SIGKILL" : undefined;
}

/**
 * nohang 0.2 and later with the settings of nohang-desktop: low memory with low swap, or low memory with PSI above a limit
 * for some time.
 *
 * Leaves out zram, adjustments of badness by pattern, commands instead of signals, and the cache of victims.
 *
 * @throws InputError for a limit that is no percentage
 */
export function nohang(options: NohangOptions = {}): OomPolicy {
	const config: Config = { ...DESKTOP, ...options };
	for (const value of [config.softMinMemPercent, config.hardMinMemPercent, config.softMaxPsi, config.hardMaxPsi]) {
		if (!(value >= 0 && value <= 100)) {
			throw new InputError(`nohang limit ${value} is no percentage, expected 0 to 100`);
		}
	}
	return {
		id: "nohang",
		claim: "The highest oom_score dies when memory is low and swap is too, or pressure has lasted.",
		source: "nohang: src/nohang, nohang-desktop.conf",
		evidence: "read in source",
		runsIn: "user space",
		decide: (view, memory) => decide(view, memory, config),
	};
}

function decide(view: OomView, memory: Readonly<Record<string, number>>, config: Config): OomAnswer {
	const { meminfo, nowMs } = view;
	const ranking = rank(view);
	const base = { signal: "SIGTERM" as Signal, ranking };
	if (meminfo === undefined) return { ...base, act: "unknown", why: "needs meminfo", memory: {}, pollMs: 3000 };
	const { lastMs, victim: lastVictim, softMs } = memory;
	const old = { softSince: memory["softSince"], hardSince: memory["hardSince"] };
	const timers = psiTimers(view, meminfo, config, old);
	const pollMs = sleepMs(meminfo, config, view.pageSize);
	const kept = { ...timers, lastMs, victim: lastVictim, softMs };
	const wait = (why: string): OomAnswer => ({ ...base, act: "wait", why, memory: remember(kept), pollMs });
	const wanted = signalFor(view, meminfo, { ...timers, lastMs }, config);
	if (wanted === undefined) {
		const blind = view.pressure === undefined && meminfo.swapTotal > 0;
		return blind ? { ...wait("needs pressure"), act: "unknown" } : wait("memory or swap is free, and pressure is low");
	}
	const first = ranking[0];
	const victim = first?.pids[0];
	if (first === undefined || victim === undefined || first.points < config.minBadness) {
		return wait("found nobody to kill");
	}
	const isSameVictim = victim === lastVictim && softMs !== undefined;
	const signal = afterSoft(wanted, isSameVictim ? nowMs - softMs : undefined, config);
	if (signal === undefined) return wait("waits for its victim to go");
	const isSoft = signal === "SIGTERM";
	return {
		act: "kill",
		why: "memory is low, and swap is low or pressure has lasted",
		signal,
		ranking,
		memory: remember({ ...timers, lastMs: nowMs, victim, softMs: isSoft ? nowMs : undefined }),
		pollMs: 100,
	};
}
