import type { OomMeminfo, OomView } from "@pagelab/contracts";
import type { LmkdConfig } from "./lmkd.ts";
import { type LmkdPressure, PERCEPTIBLE_APP_ADJ, PREVIOUS_APP_ADJ } from "./lmkd-pressure.ts";

/** Why lmkd kills, and whom it spares. */
export interface LmkdReason {
	/** Undefined: it does not kill. */
	readonly why: string | undefined;
	/** Lowest oom_score_adj that may die. */
	readonly minScore: number;
	/** The kill lowers the thrashing limit. */
	readonly cutsThrashingLimit: boolean;
	/** From now on a small page cache is a reason too. */
	readonly checkFilecache: boolean;
}

/** Share of what could be swapped that is in swap, in %. */
function swapUtilisation({ swapTotal, swapFree, swappable = 0 }: OomMeminfo): number {
	const used = swapTotal - swapFree;
	const total = swappable + used;
	return total > 0 ? Math.trunc((used * 100) / total) : 0;
}

const isBelowHigh = ({ mark }: LmkdPressure): boolean => mark === "min" || mark === "low";

type Found = readonly [why: string, minScore: number, marks?: "thrashing" | "thrashing, cut"];

/** Reasons in the order in which lmkd tests them; the first that holds counts. */
function findReason(view: OomView, p: LmkdPressure, config: LmkdConfig): Found | undefined {
	const meminfo = view.meminfo as OomMeminfo;
	const critical = p.thrashing >= config.thrashingLimitCritical;
	const sparing = (spares: boolean): number => (spares ? PERCEPTIBLE_APP_ADJ + 1 : 0);
	const sparesUnlessMin = sparing(p.mark !== "min" && !critical);
	if (p.afterKill && p.mark === "min") {
		return ["min watermark is breached even after kill", config.pressureAfterKillMinScore];
	}
	if (view.psiFired?.full === true) return ["device is not responding", 0];
	if (p.swapIsLow && p.thrashing > config.thrashingLimit) {
		return ["device is low on swap and thrashing", sparesUnlessMin, "thrashing"];
	}
	if (p.swapIsLow && isBelowHigh(p)) return ["watermark is breached and swap is low", sparesUnlessMin];
	if (isBelowHigh(p) && config.swapUtilMax < 100 && swapUtilisation(meminfo) > config.swapUtilMax) {
		return ["watermark is breached and swap utilization is high", 0];
	}
	if (isBelowHigh(p) && p.thrashing > p.limit) {
		return ["watermark is breached and thrashing", sparing(!critical), "thrashing, cut"];
	}
	if (p.reclaim === "direct" && p.thrashing > p.limit) {
		return ["device is in direct reclaim and thrashing", sparing(!critical), "thrashing, cut"];
	}
	return undefined;
}

function filecacheReason(view: OomView, config: LmkdConfig): Found | undefined {
	const fileKb = ((view.vmstat?.fileLru ?? 0) * view.pageSize) / 1024;
	return fileKb < config.filecacheMinKb
		? ["filecache is low after thrashing", PERCEPTIBLE_APP_ADJ + 1, "thrashing"]
		: undefined;
}

/** Whether and why a view calls for a kill: the chain of conditions of mp_event_psi(). */
export function killReason(view: OomView, p: LmkdPressure, config: LmkdConfig): LmkdReason {
	const checks = p.memory["checkFilecache"] === 1;
	let found = findReason(view, p, config);
	const spent = found === undefined && checks;
	if (spent) found = filecacheReason(view, config);
	const stillChecks = spent ? found !== undefined : checks || found?.[2] !== undefined;
	if (found === undefined && isBelowHigh(p)) found = ["watermark is breached", PREVIOUS_APP_ADJ + 1];
	const stalled = (view.pressure?.full.avg10 ?? 0) > config.stallLimitCritical * 100;
	return {
		why: found?.[0],
		minScore: stalled ? 0 : (found?.[1] ?? 0),
		cutsThrashingLimit: found?.[2] === "thrashing, cut",
		checkFilecache: stillChecks,
	};
}
