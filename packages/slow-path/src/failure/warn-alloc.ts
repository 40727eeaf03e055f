import {
	type AllocContext,
	type AllocFailure,
	type FailureLog,
	formatNodemask,
	type Nodemask,
} from "@pagelab/contracts";
import { type KernelId, RateLimit } from "@pagelab/base";
import { formatGfp, GFP, gfpHex, gfpZone, ZONE } from "@pagelab/gfp";
import { inTask, PF } from "@pagelab/memalloc";
import type { PageModel } from "@pagelab/page-model";
import { TICKS_PER_JIFFY } from "../cond-resched.ts";
import { formatMemInfo } from "./format-mem-info.ts";
import type { MemInfo, MemInfoSupplement } from "./mem-info.ts";
import { memInfoOf } from "./mem-info-of.ts";

/** HZ = 250; one message in 10 s. */
const WARN_ALLOC_INTERVAL_JIFFIES = 2500;

/** One message of warn_alloc(): everything that its text is made of. */
export interface AllocFailureReport {
	readonly failure: AllocFailure;
	readonly kernel: KernelId;
	/** Messages that the rate limit held back before this one. */
	readonly suppressed: number;
	readonly memInfo: MemInfo;
}

/** Nodes that Mem-Info is about: warn_alloc_show_mem() shows all of them to whoever may take memory from all. */
function shownNodes(gfp: number, nodemask: Nodemask | undefined, context: AllocContext): Nodemask | undefined {
	const { task, preemptCount, cpuset } = context;
	const beyond = task.oomVictim || (task.flags & (PF.MEMALLOC | PF.EXITING)) !== 0;
	if (beyond && (gfp & GFP.NOMEMALLOC) === 0) return undefined;
	if (!inTask(preemptCount) || (gfp & GFP.DIRECT_RECLAIM) === 0) return undefined;
	return nodemask ?? cpuset?.memsAllowed;
}

/** The head line: who failed, with which mask, and where it was allowed to look. */
function headLine({ failure, kernel, memInfo }: AllocFailureReport): string {
	const { gfp, nodemask, message, context } = failure;
	const { comm } = context.task;
	const names = formatGfp(gfp, { kernel, style: "printk" });
	const nodes = nodemask === undefined ? "(null)" : formatNodemask(nodemask);
	const cpuset = context.cpuset?.name ?? "/";
	const mems = formatNodemask(context.cpuset?.memsAllowed ?? new Set(memInfo.nodes.map(({ node }) => node)));
	return `${comm}: ${message}, mode:${gfpHex(gfp)}(${names}), nodemask=${nodes},cpuset=${cpuset},mems_allowed=${mems}`;
}

/**
 * The text of warn_alloc() line by line, as 6.11 and 6.12 print it (slowpath.md §10), without the lines of the stack dump
 * between head line and Mem-Info, and without time stamps.
 */
export function formatAllocFailure(report: AllocFailureReport): string[] {
	const { failure, suppressed, memInfo } = report;
	const { gfp, nodemask, context } = failure;
	return [
		...(suppressed > 0 ? [`warn_alloc: ${suppressed} callbacks suppressed`] : []),
		headLine(report),
		...formatMemInfo(memInfo, { highestZone: gfpZone(gfp), nodes: shownNodes(gfp, nodemask, context) }),
	];
}

/** What {@link WarnAlloc} is made of. */
export interface WarnAllocOptions {
	readonly model: PageModel;
	readonly kernel: KernelId;
	/** Virtual time in ticks (ns). */
	readonly clock: { readonly now: number };
	/** Counters for Mem-Info that the allocator does not keep; asked only when a message is printed. */
	readonly supplement?: () => MemInfoSupplement;
	readonly print: (report: AllocFailureReport) => void;
}

/**
 * warn_alloc() of mm/page_alloc.c with its rate limit of one message in 10 s, which all callers of one machine share, vmalloc
 * included.
 */
export class WarnAlloc implements FailureLog {
	readonly #options: WarnAllocOptions;
	readonly #rateLimit = new RateLimit(WARN_ALLOC_INTERVAL_JIFFIES, 1);

	constructor(options: WarnAllocOptions) {
		this.#options = options;
	}

	warnAlloc(failure: AllocFailure): boolean {
		const { model, kernel, clock, supplement, print } = this.#options;
		if ((failure.gfp & GFP.NOWARN) !== 0) return false;
		if (!this.#rateLimit.allow(Math.floor(clock.now / TICKS_PER_JIFFY))) return false;
		// Tested last: the request for a zone that is not there has used the limit up.
		if ((failure.gfp & GFP.DMA) !== 0 && !hasManagedDma(model)) return false;
		const suppressed = this.#rateLimit.suppressedBefore;
		print({ failure, kernel, suppressed, memInfo: memInfoOf(model, supplement?.()) });
		return true;
	}
}

const hasManagedDma = (model: PageModel): boolean =>
	model.zones.some((zone) => zone.idx === ZONE.DMA && zone.managed > 0);
