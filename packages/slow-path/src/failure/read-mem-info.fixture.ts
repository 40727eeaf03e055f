import type { AllocContext } from "@pagelab/contracts";
import { createTask, type Task } from "@pagelab/memalloc";
import {
	type HugepagesMemInfo,
	type MemInfo,
	NODE_COUNTERS,
	type NodeCounter,
	type NodeMemInfo,
	type ZoneMemInfo,
} from "./mem-info.ts";
import type { AllocFailureReport } from "./warn-alloc.ts";

/** A message as a log shows it, without time stamps: head line, and the lines from Mem-Info on. */
export interface LoggedFailure {
	readonly suppressed: number;
	readonly head: string;
	readonly memInfo: readonly string[];
}

/** Messages of warn_alloc() in the text of a kernel log. */
export function loggedFailures(text: string): LoggedFailure[] {
	const lines = text.split("\n").map((line) => line.replace(/^\[ *\d+\.\d+\] /, ""));
	const failures: LoggedFailure[] = [];
	for (let i = 0; i < lines.length; i++) {
		const head = lines[i] ?? "";
		if (!/, mode:0x[0-9a-f]+\(.*\), nodemask=/.test(head)) continue;
		const start = lines.indexOf("Mem-Info:", i);
		const end = lines.findIndex((line, k) => k > start && line.endsWith(" pages hwpoisoned"));
		if (start < 0 || end < 0) continue;
		const suppressed = /^warn_alloc: (\d+) callbacks suppressed$/.exec(lines[i - 1] ?? "")?.[1];
		failures.push({ suppressed: Number(suppressed ?? 0), head, memInfo: lines.slice(start, end + 1) });
	}
	return failures;
}

/** Numbers by name of a line such as `a:12kB b:3kB`. */
function pairsOf(line: string): Map<string, number> {
	return new Map([...line.matchAll(/([\w()]+):(\d+)/g)].map((m) => [m[1] ?? "", Number(m[2])]));
}

const PRINTED: Partial<Record<NodeCounter, string>> = {
	isolated_anon: "isolated(anon)",
	isolated_file: "isolated(file)",
	writeback_temp: "writeback_tmp",
};
/** Printed for the whole machine only. */
const GLOBAL_ONLY: readonly NodeCounter[] = ["slab_reclaimable", "slab_unreclaimable", "kernel_misc_reclaimable"];

/** Counters of the only node; the machine's own lines have them in pages, where both have them. */
function readNode(line: string, globals: ReadonlyMap<string, number>): NodeMemInfo {
	const own = pairsOf(line);
	const counters = Object.fromEntries(
		NODE_COUNTERS.map((name) => {
			const kb = own.get(PRINTED[name] ?? name) ?? Number.NaN;
			return [name, GLOBAL_ONLY.includes(name) ? (globals.get(name) ?? Number.NaN) : kb / 4];
		}),
	) as Record<NodeCounter, number>;
	const allUnreclaimable = line.endsWith("? yes");
	return {
		node: Number(/^Node (\d+)/.exec(line)?.[1]),
		counters,
		kernelStackKb: own.get("kernel_stack") ?? 0,
		allUnreclaimable,
	};
}

function readZone(line: string, reserve: string, blocks: string, idx: number): ZoneMemInfo {
	const pairs = pairsOf(line);
	const pages = (name: string): number => (pairs.get(name) ?? Number.NaN) / 4;
	const [, node, name] = /^Node (\d+) (\w+) free:/.exec(line) ?? [];
	return {
		node: Number(node),
		idx,
		name: name ?? "",
		free: pages("free"),
		boost: pages("boost"),
		min: pages("min"),
		low: pages("low"),
		high: pages("high"),
		reservedHighatomic: pages("reserved_highatomic"),
		counters: {
			active_anon: pages("active_anon"),
			inactive_anon: pages("inactive_anon"),
			active_file: pages("active_file"),
			inactive_file: pages("inactive_file"),
			unevictable: pages("unevictable"),
			write_pending: pages("writepending"),
			mlocked: pages("mlocked"),
			bounce: pages("bounce"),
		},
		present: pages("present"),
		managed: pages("managed"),
		freePcp: pages("free_pcp"),
		localPcp: pages("local_pcp"),
		freeCma: pages("free_cma"),
		lowmemReserve: reserve.replace("lowmem_reserve[]: ", "").split(" ").map(Number),
		blocks: [...blocks.matchAll(/(\d+)\*\d+kB(?: \((\w+)\))?/g)].map(([, count, letters = ""]) => ({
			count: Number(count),
			types: letters.split("").map((letter) => "UMEHI".indexOf(letter)),
		})),
	};
}

function readHugepages(line: string): HugepagesMemInfo {
	const [node = 0, total = 0, free = 0, surplus = 0, sizeKb = 0] = (line.match(/\d+/g) ?? []).map(Number);
	return { node, total, free, surplus, sizeKb };
}

/** Reads Mem-Info lines of a machine with one node, for comparing with what is printed of the same numbers. */
export function readMemInfo(lines: readonly string[]): MemInfo {
	const globals = pairsOf(lines.slice(1, 9).join(" "));
	const find = (pattern: RegExp): string[] => lines.filter((line) => pattern.test(line));
	const number = (pattern: RegExp): number =>
		Number(lines.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined));
	const reserves = find(/^lowmem_reserve/);
	const zones = find(/^Node \d+ \w+ free:/);
	const blocks = find(/^Node \d+ \w+: /);
	return {
		nodes: find(/^Node \d+ active_anon:/).map((line) => readNode(line, globals)),
		zones: zones.map((line, i) => readZone(line, reserves[i] ?? "", blocks[i] ?? "", i)),
		hugepages: find(/hugepages_total/).map(readHugepages),
		totals: {
			pagecache: number(/^(\d+) total pagecache/),
			swapCache: number(/^(\d+) pages in swap cache/),
			freeSwap: number(/^Free swap {2}= (\d+)kB/) / 4,
			totalSwap: number(/^Total swap = (\d+)kB/) / 4,
			highmem: number(/^(\d+) pages HighMem/),
			hwpoisoned: number(/^(\d+) pages hwpoisoned/),
		},
	};
}

/** The report that would print a logged message of Linux 6.12.117. */
export function reportOf({ suppressed, head, memInfo }: LoggedFailure): AllocFailureReport {
	const [, comm = "", message = "", mode = ""] = /^(\S+): (.*), mode:(0x[0-9a-f]+)\(/.exec(head) ?? [];
	const task: Task = createTask(comm, 1);
	const context: AllocContext = { task, preemptCount: 0, rtTask: false };
	return {
		failure: { gfp: Number(mode), nodemask: undefined, message, context },
		kernel: "v6.12.117",
		suppressed,
		memInfo: readMemInfo(memInfo),
	};
}
