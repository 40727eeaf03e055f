import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import type { OomEvent } from "../../events/oom-event.ts";
import type { GfpMask } from "../../sections/decode-mask.ts";
import type { AllocationStall } from "../../events/allocation-stall.ts";
import type { PageAllocationFailure } from "../../events/page-allocation-failure.ts";
import { believedOrder, failedRequest, parseNodes } from "../failure/failed-request.ts";
import { maskOfEvent } from "../machine/machine-of-event.ts";
import { modelMask } from "../machine/model-mask.ts";
import { type AllocationSite, allocationSite } from "./allocation-site.ts";
import { rulesKernel, type RulesKernel, rulesMask } from "./rules-kernel.ts";
import type { TaskPrivilege } from "./watermark-rule.ts";

/** What is known of the log beside the event. */
export interface LogContext {
	/** Tasks that earlier events of the log have killed. */
	readonly earlierVictims?: ReadonlySet<number>;
}

/** Events of a request to the page allocator that was not served, or not yet. */
export type UnservedEvent = OomEvent | PageAllocationFailure | AllocationStall;
type FailureEvent = Exclude<UnservedEvent, OomEvent>;

/** Who asked for memory, and for what. */
export interface AskedRequest {
	readonly comm: string | null;
	readonly pid: number | null;
	readonly mask: GfpMask | null;
	/** By whose rules it is told. */
	readonly rules: RulesKernel;
	/** As the kernel prints it. */
	readonly maskText: string | null;
	/** In the bits of the modelled kernels. */
	readonly gfp: number | null;
	/** Null where it is not in the log, or where there was no request (SysRq). */
	readonly order: number | null;
	readonly site: AllocationSite;
	readonly privilege: TaskPrivilege;
	/** The privilege is taken because otherwise such a request does not fail. */
	readonly privilegeIsInferred: boolean;
	/** Nodes that it is limited to; null for all. */
	readonly nodes: ReadonlySet<number> | null;
	/** What limits it to the nodes. */
	readonly nodesFrom: "nodemask" | "cpuset" | null;
}

/** Masks with which a request up to order 3 fails for few reasons, of which being an OOM victim is the only common one. */
function failsForVictimsOnly(gfp: number, order: number): boolean {
	const all = GFP.DIRECT_RECLAIM | GFP.IO | GFP.FS;
	const givesUp = GFP.NORETRY | GFP.RETRY_MAYFAIL | GFP.THISNODE | GFP.DMA | GFP.DMA32 | GFP.NOFAIL;
	return (gfp & all) === all && (gfp & givesUp) === 0 && order <= PAGE_ALLOC_COSTLY_ORDER;
}

type Privilege = Pick<AskedRequest, "privilege" | "privilegeIsInferred">;

function privilegeOf(event: FailureEvent, { earlierVictims }: LogContext): Privilege {
	const { gfp, order, taskFlags } = failedRequest(event);
	if (taskFlags !== 0) return { privilege: "memalloc", privilegeIsInferred: true };
	const pid = event.task?.pid;
	if (pid !== undefined && earlierVictims?.has(pid) === true)
		return { privilege: "victim", privilegeIsInferred: false };
	const isFailure = event.kind === "page-allocation-failure" && gfp !== null && order !== null;
	const isVictim = isFailure && failsForVictimsOnly(gfp, order);
	return { privilege: isVictim ? "victim" : "none", privilegeIsInferred: isVictim };
}

type Nodes = Pick<AskedRequest, "nodes" | "nodesFrom">;

function nodesOf(nodemask: string | null, cpuset: string | null): Nodes {
	const byMask = parseNodes(nodemask);
	if (byMask !== null) return { nodes: byMask, nodesFrom: "nodemask" };
	const byCpuset = parseNodes(cpuset);
	return { nodes: byCpuset, nodesFrom: byCpuset === null ? null : "cpuset" };
}

/** The summary line's mems_allowed is that of the task that asked, not of the victim. */
const nodesOfOom = ({ summary, trigger, place }: OomEvent): Nodes =>
	nodesOf(summary?.nodemask ?? trigger?.nodemask ?? null, place?.mems_allowed ?? summary?.mems_allowed ?? null);

/** The cpuset binds only requests that may wait. */
function nodesOfFailure(event: FailureEvent): Nodes {
	const { nodes } = failedRequest(event);
	if (parseNodes(event.nodemask) !== null) return nodesOf(event.nodemask, null);
	return { nodes, nodesFrom: nodes === null ? null : "cpuset" };
}

const textOf = (mask: GfpMask | null): string | null =>
	mask === null ? null : (mask.names ?? mask.decoded?.text ?? `0x${mask.mask.toString(16)}`);

/** The request of an event. */
export function askedRequest(event: UnservedEvent, context: LogContext = {}): AskedRequest {
	const printed = maskOfEvent(event);
	const rules = rulesKernel(event.kernel, printed);
	const mask = printed === null ? null : rulesMask(printed, rules);
	const common = {
		rules,
		pid: event.task?.pid ?? null,
		mask,
		maskText: textOf(mask),
		gfp: mask === null ? null : modelMask(mask),
		site: allocationSite(event.trace),
	};
	if (event.kind === "oom") {
		return {
			...common,
			comm: event.trigger?.comm ?? event.task?.comm ?? null,
			order: believedOrder(event.trigger?.order ?? null),
			privilege: "none",
			privilegeIsInferred: false,
			...nodesOfOom(event),
		};
	}
	return {
		...common,
		comm: event.comm ?? event.task?.comm ?? null,
		order: believedOrder(event.order),
		...privilegeOf(event, context),
		...nodesOfFailure(event),
	};
}
