import type { Counters } from "../records/counters.ts";
import type { CounterPiece } from "../records/mem-info-lines.ts";
import type { MemcgLine, MemcgStats, MemcgUsage } from "../records/memcg-lines.ts";
import type { DamageList } from "./damage.ts";

/** One `usage`, `limit`, `failcnt` line. */
export interface MemcgResource {
	readonly usageKb: number;
	/** Null without a limit. */
	readonly limitKb: number | null;
	/** How often the limit was hit. */
	readonly failcnt: number;
	readonly line: number;
}

/** Statistics of one group; v1 prints the groups below the limit too. */
export interface MemcgStatistics {
	/** Path of the group, "" where the kernel prints none. */
	readonly path: string;
	/** `KB` (v1), or bytes and counts of events as in memory.stat (v2). */
	readonly unit: "KB" | "bytes";
	readonly counters: Counters<"cache" | "rss" | "anon" | "file" | "kernel" | "slab" | "shmem" | "swap">;
	readonly line: number;
}

/** What mem_cgroup_print_oom_info() prints. */
export interface MemcgInfo {
	/** Groups of `Task in A killed as a result of limit of B` (up to 4.x), else null. */
	readonly task: string | null;
	readonly limit: string | null;
	readonly memory: MemcgResource | null;
	/** v2. */
	readonly swap: MemcgResource | null;
	/** v1: memory and swap together. */
	readonly memorySwap: MemcgResource | null;
	/** v1: kernel memory. */
	readonly kmem: MemcgResource | null;
	readonly stats: readonly MemcgStatistics[];
	readonly line: number;
}

/** Statistics while their values come in. */
interface OpenStatistics {
	readonly path: string;
	/** Null until the first value. */
	unit: MemcgStatistics["unit"] | null;
	readonly counters: Record<string, number>;
	readonly line: number;
}

const STATS_MAX = 4096;
const FIELDS = { memory: "memory", swap: "swap", "memory+swap": "memorySwap", kmem: "kmem" } as const;
/** PAGE_COUNTER_MAX in kB on 64 bit (less by up to a 64 KiB page) and on 32 bit. */
const NO_LIMIT_64 = 9007199254740000;
const NO_LIMIT_32 = 8589934588;

/** True for the number that kernels print where no limit is set. */
export const isNoLimit = (kb: number): boolean => kb >= NO_LIMIT_64 || kb === NO_LIMIT_32;

/** Puts the memcg lines of one report together. */
export class MemcgBuilder {
	readonly #damage: DamageList;
	readonly #line: number;
	readonly #resources: { -readonly [K in (typeof FIELDS)[keyof typeof FIELDS]]?: MemcgResource } = {};
	readonly #stats: OpenStatistics[] = [];
	#task: string | null = null;
	#limit: string | null = null;

	constructor(line: number, damage: DamageList) {
		this.#line = line;
		this.#damage = damage;
	}

	/** Takes a record, or returns false where it cannot be this report's. */
	accept(record: MemcgLine | CounterPiece, line: number): boolean {
		switch (record.type) {
			case "memcg-task":
				if (this.#task !== null || this.#limit !== null) return false;
				this.#task = record.taskPath;
				this.#limit = record.limitPath;
				return true;
			case "memcg-usage":
				return this.#addUsage(record, line);
			case "memcg-stats":
				return this.#addStats(record, line);
			case "memcg-stat":
				return this.#addValues(record.counters, "bytes");
			default:
				return record.kilobytes && this.#addValues(record.counters, "KB");
		}
	}

	/** More values of the last statistics: each has its own line, or each was printed as a piece. */
	#addValues(counters: Readonly<Record<string, number>>, unit: MemcgStatistics["unit"]): boolean {
		const last = this.#stats.at(-1);
		if (last === undefined) return false;
		last.unit ??= unit;
		if (last.unit !== unit) return false;
		Object.assign(last.counters, counters);
		return true;
	}

	#addUsage({ resource, usageKb, limitKb, failcnt }: MemcgUsage, line: number): boolean {
		const field = (FIELDS as Readonly<Record<string, (typeof FIELDS)[keyof typeof FIELDS] | undefined>>)[resource];
		if (field === undefined || this.#resources[field] !== undefined) return false;
		this.#resources[field] = { usageKb, limitKb: isNoLimit(limitKb) ? null : limitKb, failcnt, line };
		return true;
	}

	#addStats({ path, counters, kilobytes, damaged }: MemcgStats, line: number): boolean {
		if (this.#stats.length >= STATS_MAX) return false;
		const empty = Object.keys(counters).length === 0;
		this.#stats.push({ path, unit: empty ? null : kilobytes ? "KB" : "bytes", counters: { ...counters }, line });
		this.#damage.add(line, damaged);
		return true;
	}

	finish(): MemcgInfo {
		const { memory = null, swap = null, memorySwap = null, kmem = null } = this.#resources;
		const stats = this.#stats.map(({ unit, ...rest }) => ({ ...rest, unit: unit ?? "bytes" }));
		const resources = { memory, swap, memorySwap, kmem };
		return { task: this.#task, limit: this.#limit, ...resources, stats, line: this.#line };
	}
}
