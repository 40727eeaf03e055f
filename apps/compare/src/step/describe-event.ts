import type { KernelId } from "@pagelab/base";
import type { Style } from "../cli/style.ts";
import type {
	FallbackEvent,
	InsertEvent,
	MergeEvent,
	PcpChange,
	RefillEvent,
	SplitEvent,
	StepEvent,
	WatermarkEvent,
	ZoneName,
} from "./step-event.ts";

const zoneText = ({ node, name }: ZoneName): string => (node === 0 ? name : `${name} of node ${node}`);
export const pagesText = (n: number): string => `${n} ${n === 1 ? "page" : "pages"}`;
const blocks = (n: number): string => `${n} ${n === 1 ? "block" : "blocks"}`;

/** How a test ended, and why where the numbers that it shows do not say so. */
function watermarkVerdict(e: WatermarkEvent, style: Style): string {
	const enough = e.free > e.mark + e.reserve;
	if (e.ok) return style("green", enough ? "passed" : "passed, as the request may use reserves");
	if (!enough) return style("red", "failed");
	const others = 2 ** e.order - 1;
	if (e.free - others <= e.mark + e.reserve) {
		return style("red", `failed, as the ${others} other pages of the block do not count`);
	}
	if (e.largestFree < e.order) return style("red", `failed, no free block of order ${e.order} or above`);
	return style("red", "failed, as the highatomic reserve does not count");
}

function watermarkText(e: WatermarkEvent, style: Style): string {
	const boost = e.boost === 0 ? "" : ` (boost ${e.boost})`;
	const reserve = e.reserve === 0 ? "" : ` + lowmem_reserve ${e.reserve}`;
	const extra = e.extra === 0 ? "" : ` + ${e.extra} wanted`;
	const mark = `${e.which ?? "mark"} ${e.mark - e.extra}${boost}${extra}${reserve}`;
	return `zone_watermark_fast: ${zoneText(e.zone)} has ${e.free} free, needs over ${mark}: ${watermarkVerdict(e, style)}`;
}

function refillText(e: RefillEvent): string {
	const short = e.blocks === e.wanted ? "" : ` of ${e.wanted} wanted`;
	return `rmqueue_bulk: ${blocks(e.blocks)}${short} to the per-CPU list of ${e.migratetype}, order ${e.order}`;
}

function fallbackText(e: FallbackEvent, kernel: KernelId): string {
	const what = `${e.found} block ${e.pfn} of order ${e.order}`;
	// One function did both before 6.12.29.
	const isNew = kernel === "v6.12.117";
	const claim = isNew ? "try_to_claim_block" : "steal_suitable_fallback";
	const steal = isNew ? "__rmqueue_steal" : "steal_suitable_fallback";
	switch (e.how) {
		case "claim":
			return `${claim}: ${what}; its pageblock becomes ${e.wanted}`;
		case "claim refused":
			return `${claim}: ${what}; too little of its pageblock is free or alike`;
		default:
			return `${steal}: ${e.wanted} takes from ${what}, whose rest stays ${e.found}`;
	}
}

/** Whether one expand() made both splits, the second right after the first: same block, one order lower. */
const isNextSplit = (first: SplitEvent, second: StepEvent | undefined): boolean =>
	second?.event === "split" &&
	first.pfn - 2 ** first.order === second.pfn - 2 ** second.order &&
	first.order === second.order + 1;

/** All splits of one block. */
function splitsText(splits: readonly SplitEvent[]): string {
	const first = splits[0] as SplitEvent;
	const base = first.pfn - 2 ** first.order;
	const last = splits.at(-1) as SplitEvent;
	const halves = splits.map((s) => s.pfn).join(" ");
	return (
		`expand: ${base} from order ${first.order + 1} to ${last.order}; ` +
		`upper ${splits.length === 1 ? "half" : "halves"} to the head of ${first.migratetype}: ${halves}`
	);
}

/** A free from its first merge to its list. */
function insertText(merges: readonly MergeEvent[], e: InsertEvent): string {
	const buddies = merges.map((m) => `${m.buddy} (order ${m.order})`).join(", ");
	const merged = merges.length === 0 ? "" : `merges with ${buddies} into `;
	return `__free_one_page: ${merged}${e.pfn} of order ${e.order}; to the ${e.at} of ${e.migratetype}`;
}

/** Lines for all events; splits of one block, and merges with what they lead to, are one line each. */
export function describeEvents(events: readonly StepEvent[], style: Style, kernel: KernelId): string[] {
	const lines: string[] = [];
	let splits: SplitEvent[] = [];
	let merges: MergeEvent[] = [];
	events.forEach((e, i) => {
		if (e.event === "split") {
			splits.push(e);
			if (isNextSplit(e, events[i + 1])) return;
			lines.push(splitsText(splits));
			splits = [];
		} else if (e.event === "merge") {
			merges.push(e);
		} else if (e.event === "insert") {
			lines.push(insertText(merges, e));
			merges = [];
		} else if (e.event === "fallback") {
			lines.push(fallbackText(e, kernel));
		} else {
			lines.push(describeEvent(e, style));
		}
	});
	return lines;
}

const FAILURES = {
	"no page": "",
	"loops for ever": ": the request goes on trying for ever",
	"out of memory": ": given up, as nobody is here to be killed",
} as const;

const pcpText = ({ pcpBefore, pcpAfter }: PcpChange): string =>
	pcpBefore === pcpAfter ? "" : ` (per-CPU lists: ${pcpBefore} to ${pagesText(pcpAfter)})`;

type SingleEvent = Exclude<StepEvent, SplitEvent | MergeEvent | InsertEvent | FallbackEvent>;

/** One event as a line of text, the kernel function first where there is one. */
function describeEvent(e: SingleEvent, style: Style): string {
	switch (e.event) {
		case "watermark":
			return watermarkText(e, style);
		case "refill":
			return refillText(e);
		case "drain":
			return `free_pcppages_bulk: ${pagesText(e.pages)} leave the per-CPU lists of ${zoneText(e.zone)}`;
		case "slowpath":
			return "__alloc_pages_slowpath: the fast path found nothing";
		case "direct-reclaim":
			return "__alloc_pages_direct_reclaim: nothing here can be reclaimed";
		case "oom":
			return "out_of_memory: a task would be killed now";
		case "wake-kswapd":
			return `wakeup_kswapd: ${zoneText(e.zone)}, because of the ${e.because}`;
		case "warning":
			return style("yellow", `warning: ${e.warning}`);
		case "reserve-highatomic":
			return `reserve_highatomic_pageblock: ${pagesText(e.pages)} of ${zoneText(e.zone)} join the reserve`;
		default:
			return describeResult(e, style);
	}
}

type EndEvent = Extract<
	StepEvent,
	{ readonly event: "allocated" | "failed" | "freed" | "decayed" | "memalloc" | "cpu" }
>;

function describeResult(e: EndEvent, style: Style): string {
	switch (e.event) {
		case "allocated": {
			const what = e.order < 0 ? pagesText(e.pages) : `order ${e.order}`;
			return style("bold", `slot ${e.slot}: frame ${e.pfn}, ${what}, ${zoneText(e.zone)}`) + pcpText(e);
		}
		case "failed":
			return style("bold", `no page of order ${e.order}${FAILURES[e.why]}`);
		case "freed":
			return style("bold", `slot ${e.slot}: ${pagesText(e.pages)} from frame ${e.pfn} freed`) + pcpText(e);
		case "decayed":
			return `decay_pcp_high: high of ${zoneText(e.zone)} is ${e.high}${e.goesOn ? ", there is more to do" : ""}`;
		case "memalloc":
			return e.on ? "PF_MEMALLOC set: the task may use all reserves" : "PF_MEMALLOC cleared";
		default:
			return `now on CPU ${e.cpu}`;
	}
}
