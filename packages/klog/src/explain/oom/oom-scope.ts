import type { OomConstraint } from "@pagelab/contracts";
import { effectiveConstraint } from "../../checks/effective-constraint.ts";
import type { OomEvent } from "../../events/oom-event.ts";
import type { MemInfo } from "../../sections/mem-info.ts";
import type { MemcgInfo } from "../../sections/memcg-info.ts";
import { parseNodes } from "../failure/failed-request.ts";
import { inferred, logged, type Statement } from "../statement.ts";
import type { OomRules } from "./oom-rules.ts";
import { oomPageKb } from "./page-size.ts";

/** Where memory was short, and what badness is measured against: constrained_alloc() of mm/oom_kill.c. */
export interface OomScope {
	readonly constraint: OomConstraint | null;
	/** kB of a page. */
	readonly pageKb: number;
	/** RAM and swap of the constraint, in pages; null where the log lacks it. */
	readonly totalpages: number | null;
	/** Swap counts too, but the log does not say how much there is: `totalpages` is without. */
	readonly swapUnknown: boolean;
	/** What `totalpages` is the sum of, such as `RAM 53187 + swap 0`; "" where it is not known. */
	readonly sum: string;
	/** What else is to be said of it. */
	readonly notes: readonly Statement[];
}

type Size = Pick<OomScope, "totalpages" | "swapUnknown" | "sum" | "notes">;

/** RAM that the kernel manages, in pages; null where the log lacks it. */
export function ramPages(memInfo: MemInfo): number | null {
	const { totals } = memInfo;
	const ram = totals["pages RAM"] ?? totals["pages of RAM"];
	if (ram !== undefined) return Math.max(0, ram - (totals["pages reserved"] ?? totals["reserved pages"] ?? 0));
	return null;
}

/** All swap, in pages; null where the log lacks it. */
export function swapPages(memInfo: MemInfo | null, pageKb: number): number | null {
	const kb = memInfo?.swap?.totalKb ?? null;
	return kb === null ? null : Math.floor(kb / pageKb);
}

const NO_TOTAL: Size = { totalpages: null, swapUnknown: false, sum: "", notes: [] };

const SWAP_UNKNOWN = inferred("How much swap there is the log does not say: it is left out of totalpages.");

const withSwap = (what: string, pages: number, swap: number | null): Size => ({
	totalpages: pages + (swap ?? 0),
	swapUnknown: swap === null,
	sum: swap === null ? `${what} ${pages}` : `${what} ${pages} + swap ${swap}`,
	notes: swap === null ? [SWAP_UNKNOWN] : [],
});

function globalSize(memInfo: MemInfo | null, pageKb: number): Size {
	const ram = memInfo === null ? null : ramPages(memInfo);
	return ram === null ? NO_TOTAL : withSwap("RAM", ram, swapPages(memInfo, pageKb));
}

/** Swap that a cgroup may use: its limit, or what the common limit of v1 leaves; null for no limit of its own. */
function groupSwap({ memory, swap, memorySwap }: MemcgInfo): number | null {
	const common = memorySwap?.limitKb ?? null;
	const own = memory?.limitKb ?? null;
	if (common !== null) return Math.max(0, common - (own ?? common));
	return swap?.limitKb ?? null;
}

function groupSize({ memcg, memInfo }: OomEvent, pageKb: number): Size {
	const limitKb = memcg?.memory?.limitKb ?? memcg?.memorySwap?.limitKb ?? null;
	if (memcg === null || limitKb === null) {
		return { ...NO_TOTAL, notes: [logged("The limit that was hit is not in the log.")] };
	}
	const limit = Math.floor(limitKb / pageKb);
	const all = swapPages(memInfo, pageKb);
	const groupKb = groupSwap(memcg);
	const group = groupKb === null ? null : Math.floor(groupKb / pageKb);
	// Of the two the smaller counts; a limit is taken as if there were as much swap.
	const swap = all === null ? group : Math.min(all, group ?? all);
	return withSwap("limit of the cgroup", limit, swap);
}

/** Pages of the nodes that the request is limited to. */
function nodesSize(event: OomEvent, nodes: ReadonlySet<number> | null, rules: OomRules): Size {
	const { memInfo } = event;
	const pageKb = oomPageKb(event);
	const zones = memInfo?.zones.filter(({ node }) => nodes?.has(node ?? 0)) ?? [];
	if (nodes === null || zones.length === 0) return NO_TOTAL;
	const kb = zones.reduce((sum, { counters }) => sum + (counters.present ?? 0), 0);
	const list = [...nodes].join(", ");
	const size = withSwap(`memory of node ${list}`, Math.floor(kb / pageKb), swapPages(memInfo, pageKb));
	if (rules.nodePages === "present") return size;
	const text = "This kernel counts holes between the frames of a node too, which the log does not show.";
	return { ...size, notes: [...size.notes, inferred(text)] };
}

/** The words after CONSTRAINT_. Since 4.13 a nodemask in the first line stands there for a memory policy only. */
function constraintOf(event: OomEvent): OomConstraint | null {
	const name = effectiveConstraint(event);
	const isPolicy = event.constraint?.source === "inferred" && parseNodes(event.trigger?.nodemask ?? null) !== null;
	if (name === "CONSTRAINT_MEMCG") return "MEMCG";
	if (name === "CONSTRAINT_MEMORY_POLICY" || (name === "CONSTRAINT_NONE" && isPolicy)) return "MEMORY_POLICY";
	if (name === "CONSTRAINT_CPUSET") return "CPUSET";
	return name === "CONSTRAINT_NONE" ? "NONE" : null;
}

function sizeOf(event: OomEvent, constraint: OomConstraint | null, rules: OomRules): Size {
	const pageKb = oomPageKb(event);
	switch (constraint) {
		case "MEMCG":
			return groupSize(event, pageKb);
		case "MEMORY_POLICY":
			return nodesSize(event, parseNodes(event.summary?.nodemask ?? event.trigger?.nodemask ?? null), rules);
		case "CPUSET":
			return nodesSize(event, parseNodes(event.summary?.mems_allowed ?? event.place?.mems_allowed ?? null), rules);
		default:
			return globalSize(event.memInfo, pageKb);
	}
}

/** Where memory was short in an event, and how much there is of it. */
export function oomScope(event: OomEvent, rules: OomRules): OomScope {
	const constraint = constraintOf(event);
	return { constraint, pageKb: oomPageKb(event), ...sizeOf(event, constraint, rules) };
}
