import { stateFromNumbers, type ZoneNumbers } from "@pagelab/slow-path";
import { type FtraceLog, PageAddressing, parseFtrace, type TraceRecording } from "@pagelab/trace";
import { AGREEMENT_EVENTS } from "./ladder-agreement.ts";

const VMEMMAP = 0xffff_ea00_0000_0000n;
const PAGE_STRUCT = 64;

/** A recording of a machine with such zones. */
export function recordingOf(zones: readonly ZoneNumbers[]): TraceRecording {
	const state = stateFromNumbers(zones);
	return {
		name: "made",
		what: "made up",
		machine: { flavour: "none", mib: 1, nodes: 1, version: "Linux version 6.12.117", cmdline: "" },
		files: { before: {}, after: {} },
		initial: state,
		final: state,
		timeNs: { initial: 0, final: 1 },
		eventCounts: new Map(),
		pages: new PageAddressing(VMEMMAP, PAGE_STRUCT),
	};
}

/** An event of a task. */
export type MadeEvent = readonly [pid: number, text: string];

/** The log of a trace with these events, 1 µs apart. */
export function logOf(events: readonly MadeEvent[]): FtraceLog {
	const lines = events.map(
		([pid, text], i) => `task-${pid} [000] .....     1.${String(i).padStart(6, "0")}: ${text}\n`,
	);
	return parseFtrace([new TextEncoder().encode(lines.join(""))], { kinds: AGREEMENT_EVENTS });
}

const hex = (pfn: number): string => `pfn=0x${pfn.toString(16)}`;
const address = (pfn: number): string => `0x${(VMEMMAP + BigInt(pfn) * BigInt(PAGE_STRUCT)).toString(16)}`;
const PAGE = "page=00000000deadbeef";

/** The texts of events, as the kernel prints them. */
export const text = {
	alloc: (pfn: number, order: number, gfp: string = "GFP_KERNEL"): string =>
		`mm_page_alloc: ${PAGE} ${hex(pfn)} order=${order} migratetype=0 gfp_flags=${gfp}`,
	free: (pfn: number, order: number): string => `mm_page_free: ${PAGE} ${hex(pfn)} order=${order}`,
	drain: (pfn: number, order: number): string => `mm_page_pcpu_drain: ${PAGE} ${hex(pfn)} order=${order} migratetype=0`,
	locked: (pfn: number, order: number): string =>
		`mm_page_alloc_zone_locked: ${PAGE} ${hex(pfn)} order=${order} migratetype=0 percpu_refill=1`,
	fallback: (pfn: number, order: number, from: number, claimed: 0 | 1): string =>
		`mm_page_alloc_extfrag: ${PAGE} ${hex(pfn)} alloc_order=${order} fallback_order=${from} pageblock_order=9 ` +
		`alloc_migratetype=0 fallback_migratetype=1 fragmenting=0 change_ownership=${claimed}`,
	isolate: (pfn: number, order: number): string =>
		`isolate_free: (__isolate_free_page+0x4/0x200) page=${address(pfn)} order=${order}`,
	isolated: (pages: number): string =>
		`isolate_free_ret: (compaction_alloc+0x50d/0xf50 <- __isolate_free_page) ret=${pages}`,
	keep: (pfn: number): string => `compaction_free: (compaction_free+0x4/0xb0) dst=${address(pfn)}`,
	fold: "refresh_cpu_vm_stats: (refresh_cpu_vm_stats+0x0/0x280)",
	balance: (highestZone: number): string =>
		`balance_pgdat: (balance_pgdat+0x0/0x940) order=0 highest_zoneidx=${highestZone}`,
	balanced: "balance_pgdat_ret: (kswapd+0x1ef/0x360 <- balance_pgdat) ret=0",
	wake: (order: number, gfp: string): string => `mm_vmscan_wakeup_kswapd: nid=0 order=${order} gfp_flags=${gfp}`,
	reclaim: (order: number, gfp: string): string => `mm_vmscan_direct_reclaim_begin: order=${order} gfp_flags=${gfp}`,
	reclaimed: (pages: number): string => `mm_vmscan_direct_reclaim_end: nr_reclaimed=${pages}`,
	compact: (order: number, gfp: string, priority: number): string =>
		`mm_compaction_try_to_compact_pages: order=${order} gfp_mask=${gfp} priority=${priority}`,
	retry: (available: number, reclaimable: number, minWmark: number, check: 0 | 1): string =>
		`reclaim_retry_zone: node=0 zone=Normal   order=0 reclaimable=${reclaimable} available=${available} ` +
		`min_wmark=${minWmark} no_progress_loops=0 wmark_check=${check}`,
} as const;
