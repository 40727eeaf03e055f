import type { OomMeminfo, OomPolicyMemory, OomView, OomVmstat, ZoneMarks } from "@pagelab/contracts";
import type { LmkdConfig } from "./lmkd.ts";

/** Apps that the user perceives, such as music. */
export const PERCEPTIBLE_APP_ADJ = 200;
/** The app before the present one. */
export const PREVIOUS_APP_ADJ = 700;

const THRASHING_RESET_MS = 1000;

export type ReclaimState = "none" | "kswapd" | "direct";
/** Lowest mark that free memory is below. */
export type BreachedMark = "min" | "low" | "high" | "none";

/** What lmkd makes of the counters, and what it remembers of them. */
export interface LmkdPressure {
	readonly reclaim: ReclaimState;
	/** Neither reclaim nor refaults since the last look: it looks no further. */
	readonly idle: boolean;
	readonly mark: BreachedMark;
	readonly swapIsLow: boolean;
	/** Refaults in % of the file pages there were at the start of the window. */
	readonly thrashing: number;
	/** thrashing_limit as cut by earlier kills. */
	readonly limit: number;
	/** First look after a kill. */
	readonly afterKill: boolean;
	readonly memory: Readonly<Record<string, number | undefined>>;
}

function breachedMark({ free, min, low, high }: ZoneMarks): BreachedMark {
	if (free < min) return "min";
	if (free < low) return "low";
	return free < high ? "high" : "none";
}

/** Counters of the last look are 0 at the first one, so that the first look counts as reclaim if there ever was any. */
function reclaimState(vmstat: OomVmstat, { direct = 0, kswapd = 0, refill = 0 }: OomPolicyMemory): ReclaimState {
	if (vmstat.pgscanDirect !== direct) return "direct";
	return vmstat.pgscanKswapd !== kswapd || vmstat.pgrefill !== refill ? "kswapd" : "none";
}

/** A window of one second: when it began, refaults and file pages then, and what is left of the windows before. */
interface ThrashingWindow {
	readonly resetMs: number | undefined;
	readonly baseRefault: number;
	readonly baseFile: number;
	readonly growth: number;
	/** thrashing_limit as cut by kills in this window. */
	readonly limit: number;
}

/** The window of the last look, or a new one after a kill. */
function windowOf(vmstat: OomVmstat, memory: OomPolicyMemory, nowMs: number, config: LmkdConfig): ThrashingWindow {
	const limit = memory["limit"] ?? config.thrashingLimit;
	if (memory["killing"] === 1) {
		const { workingsetRefaultFile: baseRefault, fileLru: baseFile } = vmstat;
		return { resetMs: nowMs, baseRefault, baseFile, growth: 0, limit };
	}
	const { resetMs, baseRefault = 0, baseFile = 0, growth = 0 } = memory;
	return { resetMs, baseRefault, baseFile, growth, limit };
}

/** What is left of a window that ended; it halves with each second that passed, unless it was over the limit just now. */
function decayed(percent: number, windows: number, limit: number): number {
	if (windows === 1 && percent >= limit) return percent;
	return Math.trunc(percent / 2 ** Math.min(windows, 60));
}

/** The next window once a second has passed. The first look has no window before it. */
function nextWindow(vmstat: OomVmstat, old: ThrashingWindow, nowMs: number, config: LmkdConfig): ThrashingWindow {
	const { workingsetRefaultFile: baseRefault, fileLru: baseFile } = vmstat;
	const percent = Math.trunc(((baseRefault - old.baseRefault) * 100) / (old.baseFile + 1));
	const windows = old.resetMs === undefined ? 0 : Math.trunc((nowMs - old.resetMs) / THRASHING_RESET_MS);
	const growth = windows === 0 ? 0 : decayed(percent, windows, old.limit);
	return { resetMs: nowMs, baseRefault, baseFile, growth, limit: config.thrashingLimit };
}

const isSwapLow = (meminfo: OomMeminfo, config: LmkdConfig): boolean =>
	config.swapFreeLowPercentage > 0 &&
	meminfo.swapFree < Math.trunc((meminfo.swapTotal * config.swapFreeLowPercentage) / 100);

/** Reads a view that has vmstat, meminfo and marks. */
export function readPressure(view: OomView, memory: OomPolicyMemory, config: LmkdConfig): LmkdPressure {
	const { nowMs } = view;
	const { vmstat, meminfo, zoneMarks } = view as Required<Pick<OomView, "vmstat" | "meminfo" | "zoneMarks">>;
	const reclaim = reclaimState(vmstat, memory);
	const refaults = vmstat.workingsetRefaultFile;
	const idle = reclaim === "none" && refaults === (memory["refault"] ?? 0);
	const old = windowOf(vmstat, memory, nowMs, config);
	const ends = !idle && (old.resetMs === undefined || nowMs - old.resetMs > THRASHING_RESET_MS);
	const window = ends ? nextWindow(vmstat, old, nowMs, config) : old;
	return {
		reclaim,
		idle,
		mark: breachedMark(zoneMarks),
		swapIsLow: isSwapLow(meminfo, config),
		thrashing: Math.trunc(((refaults - window.baseRefault) * 100) / (window.baseFile + 1)) + window.growth,
		limit: window.limit,
		afterKill: memory["killing"] === 1,
		memory: {
			...window,
			direct: vmstat.pgscanDirect,
			kswapd: vmstat.pgscanKswapd,
			refill: vmstat.pgrefill,
			refault: refaults,
			checkFilecache: memory["checkFilecache"],
			firedMs: memory["firedMs"],
		},
	};
}
