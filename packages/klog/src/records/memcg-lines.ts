import { scanCounters } from "./counters.ts";

/** `Task in /a killed as a result of limit of /b`, `Memory limit reached of cgroup /b` (up to 4.x). */
export interface MemcgTask {
	readonly type: "memcg-task";
	readonly taskPath: string | null;
	readonly limitPath: string | null;
}

/** `memory: usage 524288kB, limit 524288kB, failcnt 45`. */
export interface MemcgUsage {
	readonly type: "memcg-usage";
	/** `memory`, `memory+swap` and `kmem` (v1), `swap` (v2). */
	readonly resource: string;
	readonly usageKb: number;
	/** As printed; see `isNoLimit`. */
	readonly limitKb: number;
	readonly failcnt: number;
}

/** `Memory cgroup stats for PATH:`, with what follows in the same line. */
export interface MemcgStats {
	readonly type: "memcg-stats";
	/** "" where the kernel prints none. */
	readonly path: string;
	readonly counters: Readonly<Record<string, number>>;
	/** KB values of v1; bytes and event counts of v2. */
	readonly kilobytes: boolean;
	readonly damaged: readonly string[];
}

/** `anon 314535936`: one or more values of v2. */
export interface MemcgStat {
	readonly type: "memcg-stat";
	readonly counters: Readonly<Record<string, number>>;
}

export type MemcgLine = MemcgTask | MemcgUsage | MemcgStats | MemcgStat;

const TASK = /^Task in (.*?) killed(?: as a result of limit of (.*))?$/;
const LIMIT = /^Memory limit reached of cgroup (.*)$/;
const USAGE = /^(memory|memory\+swap|swap|kmem|tcp|kmem\.tcp)\s*: usage (\d+)kB, limit (\d+)kB, failcnt (\d+)/;
const STATS = /^Memory cgroup stats(?: for (.*?))?\s*:\s*((?:[a-z][\w().]* ?[: ] ?\d.*)?)$/;
const STAT = /^(?:[a-z][\w.]* \d+(?:\s+|$))+$/;
const STAT_PAIR = /([a-z][\w.]*) (\d+)/g;

/** A line of mem_cgroup_print_oom_info() (mm/memcontrol.c); undefined for any other line. */
export function readMemcgLine(text: string): MemcgLine | undefined {
	if (text.startsWith("Memory cgroup stats")) return readStats(text);
	const usage = USAGE.exec(text);
	if (usage !== null) return readUsage(usage);
	if (text.startsWith("Task in ")) {
		const task = TASK.exec(text);
		return task === null ? undefined : { type: "memcg-task", taskPath: task[1] ?? "", limitPath: task[2] ?? null };
	}
	const limit = LIMIT.exec(text);
	if (limit !== null) return { type: "memcg-task", taskPath: null, limitPath: limit[1] ?? "" };
	return STAT.test(text) ? { type: "memcg-stat", counters: statCounters(text) } : undefined;
}

const readUsage = ([, resource = "", usage, limit, failcnt]: RegExpExecArray): MemcgUsage => ({
	type: "memcg-usage",
	resource,
	usageKb: Number(usage),
	limitKb: Number(limit),
	failcnt: Number(failcnt),
});

function readStats(text: string): MemcgStats | undefined {
	const match = STATS.exec(text);
	if (match === null) return undefined;
	const [, path = "", rest = ""] = match;
	if (/^[a-z][\w.]* \d/.test(rest)) {
		return { type: "memcg-stats", path, counters: statCounters(rest), kilobytes: false, damaged: [] };
	}
	const { counters, kilobytes, damaged } = scanCounters(rest);
	return { type: "memcg-stats", path, counters, kilobytes, damaged };
}

function statCounters(text: string): Record<string, number> {
	const counters: Record<string, number> = {};
	for (const [, name = "", value] of text.matchAll(STAT_PAIR)) counters[name] = Number(value);
	return counters;
}
