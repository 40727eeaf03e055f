import { InputError } from "@pagelab/base";
import type {
	OomAnswer,
	OomCandidate,
	OomMeminfo,
	OomPolicy,
	OomPolicyMemory,
	OomTask,
	OomView,
} from "@pagelab/contracts";
import { mmRss, procOomScore } from "../oom-badness.ts";
import { daemonTasks } from "./daemon-tasks.ts";
import { remember } from "./hold-timer.ts";

/** Options of {@link earlyoom}, as on its command line. Percentages may have a fraction. */
export interface EarlyoomOptions {
	/** `-m`: available memory, in % of what user space can have (MemAvailable + AnonPages). 10 */
	readonly memTermPercent?: number;
	/** Half of `memTermPercent`. */
	readonly memKillPercent?: number;
	/** `-s`: free swap, in %. 10 */
	readonly swapTermPercent?: number;
	/** Half of `swapTermPercent`. */
	readonly swapKillPercent?: number;
	/** `--sort-by-rss` instead of oom_score. */
	readonly sortByRss?: boolean;
	/** `--prefer`: adds 300 to the oom_score. Patterns are matched against comm. */
	readonly prefer?: RegExp;
	/** `--avoid`: takes 300 off. */
	readonly avoid?: RegExp;
	/** `--ignore`: never killed. */
	readonly ignore?: RegExp;
}

type Limits = Required<Omit<EarlyoomOptions, "prefer" | "avoid" | "ignore">>;

/** How long it waits for a victim to go. */
const EXIT_WAIT_MS = 10_000;
const EXIT_POLL_MS = 100;
const PREFER = 300;

/** part ≤ percent of whole; no swap at all counts as 0 % free. */
const isAtMost = (part: number, whole: number, percent: number): boolean =>
	(whole === 0 ? 0 : part * 100) <= percent * whole;

function signalFor(mem: OomMeminfo, limits: Limits): "SIGKILL" | "SIGTERM" | undefined {
	const userTotal = mem.memAvailable + mem.anonPages;
	const below = (memPercent: number, swapPercent: number): boolean =>
		isAtMost(mem.memAvailable, userTotal, memPercent) && isAtMost(mem.swapFree, mem.swapTotal, swapPercent);
	if (below(limits.memKillPercent, limits.swapKillPercent)) return "SIGKILL";
	return below(limits.memTermPercent, limits.swapTermPercent) ? "SIGTERM" : undefined;
}

/** 100 .. 1000 ms: as long as memory and swap cannot fill up to the limits, at 6000 and 800 MiB/s. */
function sleepMs(mem: OomMeminfo, limits: Limits, pageSize: number): number {
	const headroomKib = (part: number, whole: number, percent: number): number =>
		Math.max(0, Math.trunc(((part - (whole * percent) / 100) * pageSize) / 1024));
	const memKib = headroomKib(mem.memAvailable, mem.memAvailable + mem.anonPages, limits.memTermPercent);
	const swapKib = headroomKib(mem.swapFree, mem.swapTotal, limits.swapTermPercent);
	return Math.min(1000, Math.max(100, Math.trunc(memKib / 6000) + Math.trunc(swapKib / 800)));
}

interface Ranked extends OomCandidate {
	readonly rss: number;
}

/** `search` and not `test`, which remembers where a global pattern matched last. */
const matches = ({ comm }: OomTask, pattern: RegExp | undefined): boolean =>
	pattern !== undefined && comm.search(pattern) >= 0;

/** Highest oom_score, then largest rss; the first found wins a tie. */
function rank(view: OomView, options: EarlyoomOptions): Ranked[] {
	const ranked: Ranked[] = [];
	for (const task of daemonTasks(view)) {
		if (task.pid <= 2 || matches(task, options.ignore) || task.mm === undefined) continue;
		let score = procOomScore(task, view.totalpages, view.pageSize);
		if (matches(task, options.prefer)) score += PREFER;
		if (matches(task, options.avoid)) score -= PREFER;
		ranked.push({ pids: [task.pid], points: score, rss: mmRss(task.mm) });
	}
	if (options.sortByRss === true) return ranked.sort((a, b) => b.rss - a.rss || b.points - a.points);
	return ranked.sort((a, b) => b.points - a.points || b.rss - a.rss);
}

/** Waits up to 10 s for the victim of last time, and goes over to SIGKILL once memory is below the lower limits. */
function awaitExit(
	view: OomView,
	memory: OomPolicyMemory,
	signal: string | undefined,
): Omit<OomAnswer, "ranking"> | undefined {
	const { victim, sentMs, killed } = memory;
	if (victim === undefined || sentMs === undefined || view.nowMs - sentMs >= EXIT_WAIT_MS) return undefined;
	const task = view.tasks.find(({ pid, mm }) => pid === victim && mm !== undefined);
	if (task === undefined) return undefined;
	const escalates = killed !== 1 && signal === "SIGKILL" && daemonTasks(view).includes(task);
	return {
		act: escalates ? "kill" : "wait",
		why: escalates ? "the victim did not go in time" : "waits for its victim to go",
		signal: "SIGKILL",
		memory: { victim, sentMs, killed: escalates || killed === 1 ? 1 : 0 },
		pollMs: EXIT_POLL_MS,
	};
}

/** A victim that is killed again is the first choice, whoever ranks highest now. */
const putFirst = (victim: number | undefined, act: string, ranking: readonly OomCandidate[]): OomCandidate[] =>
	act === "kill"
		? ranking.toSorted((a, b) => Number(b.pids[0] === victim) - Number(a.pids[0] === victim))
		: [...ranking];

function limitsOf(options: EarlyoomOptions): Limits {
	const { memTermPercent = 10, swapTermPercent = 10, sortByRss = false } = options;
	const { memKillPercent = memTermPercent / 2, swapKillPercent = swapTermPercent / 2 } = options;
	const limits = { memTermPercent, memKillPercent, swapTermPercent, swapKillPercent, sortByRss };
	for (const percent of [memTermPercent, memKillPercent, swapTermPercent, swapKillPercent]) {
		if (!(percent >= 0 && percent <= 100)) {
			throw new InputError(`earlyoom limit ${percent} is no percentage, expected 0 to 100`);
		}
	}
	return limits;
}

/**
 * earlyoom 1.8: SIGTERM once available memory and free swap are both at or below their first limits, SIGKILL at the second
 * ones.
 *
 * Leaves out `-g`, size limits in KiB, and the second look at memory after the victim is found.
 *
 * @throws InputError for a limit that is no percentage
 */
export function earlyoom(options: EarlyoomOptions = {}): OomPolicy {
	const limits = limitsOf(options);
	return {
		id: "earlyoom",
		claim: "The highest oom_score dies before memory and swap both run out.",
		source: "earlyoom 1.8 and later: man page, kill.c, main.c, meminfo.c",
		evidence: "read in source",
		runsIn: "user space",
		decide: (view, memory) => {
			const { meminfo } = view;
			const ranking = rank(view, options).map(({ pids, points }) => ({ pids, points }));
			if (meminfo === undefined) {
				return { act: "unknown", why: "needs meminfo", signal: "SIGTERM", ranking, memory: {}, pollMs: 1000 };
			}
			const signal = signalFor(meminfo, limits);
			const waiting = awaitExit(view, memory, signal);
			if (waiting !== undefined) return { ...waiting, ranking: putFirst(memory["victim"], waiting.act, ranking) };
			const pollMs = sleepMs(meminfo, limits, view.pageSize);
			const victim = ranking[0]?.pids[0];
			if (signal === undefined || victim === undefined) {
				const why = signal === undefined ? "enough memory or swap is free" : "found nobody to kill";
				return { act: "wait", why, signal: "SIGTERM", ranking, memory: {}, pollMs };
			}
			const sent = remember({ victim, sentMs: view.nowMs, killed: signal === "SIGKILL" ? 1 : 0 });
			return {
				act: "kill",
				why: "memory and swap are below the limits",
				signal,
				ranking,
				memory: sent,
				pollMs: EXIT_POLL_MS,
			};
		},
	};
}
