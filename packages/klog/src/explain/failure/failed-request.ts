import { GFP } from "@pagelab/gfp";
import { PF } from "@pagelab/memalloc";
import type { AllocationStall } from "../../events/allocation-stall.ts";
import type { AllocationWarning } from "../../events/allocation-warning.ts";
import type { KlogEvent } from "../../events/klog-event.ts";
import type { PageAllocationFailure } from "../../events/page-allocation-failure.ts";
import type { SlabFailure } from "../../events/slab-failure.ts";
import type { VmallocFailure } from "../../events/vmalloc-failure.ts";
import { certainFunctions } from "../../sections/certain-functions.ts";
import type { StackTrace } from "../../sections/stack-trace.ts";
import { memallocFunctions } from "../memalloc-functions.ts";
import { maskOfEvent } from "../machine/machine-of-event.ts";
import { modelMask } from "../machine/model-mask.ts";

/** Events of a request that got no memory, or had to wait or was warned about. */
export type FailureEvent = PageAllocationFailure | AllocationStall | VmallocFailure | SlabFailure | AllocationWarning;

export const isFailure = (event: KlogEvent): event is FailureEvent =>
	event.kind !== "oom" && event.kind !== "memory-report";

/** In whose place a request ran, as far as its trace tells. */
export interface FailureContext {
	/** Function of an interrupt in the trace; null where there is none, which proves nothing. */
	readonly interrupt: string | null;
	/** Function of reclaim or direct compaction in the trace, which run with PF_MEMALLOC; see `memallocFunctions`. */
	readonly reclaim: string | null;
	/** The innermost allocator that was called, by its function: kvmalloc, vmalloc, kmalloc or a slab cache. */
	readonly caller: "kvmalloc" | "vmalloc" | "kmalloc" | "slab" | null;
}

/** A logged request in terms of the model. */
export interface FailedRequest {
	/** In the modelled kernels' bits; null where the log's mask is missing or its layout not known. */
	readonly gfp: number | null;
	/** As the kernel of the log prints it, such as `GFP_KERNEL|__GFP_COMP`; null where it is missing. */
	readonly maskText: string | null;
	/** Null where it is missing or no order can be so large. */
	readonly order: number | null;
	readonly context: FailureContext;
	/** PF_* that the trace proves. */
	readonly taskFlags: number;
	/** Nodes that the request may use; null for all. */
	readonly nodes: ReadonlySet<number> | null;
}

const INTERRUPT =
	/^(?:__do_softirq|do_softirq\w*|handle_softirqs|__irq_exit_rcu|irq_exit\w*|net_rx_action|__napi_poll|do_IRQ|common_interrupt|asm_common_interrupt|(?:asm_)?sysvec_\w+|handle_irq_event\w*|el1_irq|el1h?_64_irq\w*|gic_handle_irq|__handle_domain_irq|tasklet_action\w*|do_nmi|exc_nmi)$/;
const CALLERS: readonly (readonly [NonNullable<FailureContext["caller"]>, RegExp])[] = [
	["vmalloc", /^(?:__)?(?:vmalloc|vzalloc|get_vm_area|vmap)\w*$/],
	["kmalloc", /^(?:___?)?kmalloc(?:_large|_order)\w*$|^_*kmalloc\w*$/],
	[
		"slab",
		/^(?:new_slab|allocate_slab|___slab_alloc|__slab_alloc|kmem_cache_alloc\w*|cache_grow\w*|cache_alloc_refill|fallback_alloc)$/,
	],
];

function contextOf(trace: StackTrace | null): FailureContext {
	const names = certainFunctions(trace);
	const callers = CALLERS.filter(([, pattern]) => names.some((name) => pattern.test(name)));
	const isKvmalloc = names.some((name) => /^_*kv(?:malloc|zalloc|realloc|calloc)\w*$/.test(name));
	return {
		interrupt: names.find((name) => INTERRUPT.test(name)) ?? null,
		reclaim: memallocFunctions(names)[0] ?? null,
		caller: isKvmalloc ? "kvmalloc" : (callers[0]?.[0] ?? null),
	};
}

/** Nodes of a printed list such as `0-1,3`; null for `(null)`, nothing and what is none. */
export function parseNodes(text: string | null): ReadonlySet<number> | null {
	if (text === null || !/^\d{1,4}(?:-\d{1,4})?(?:,\d{1,4}(?:-\d{1,4})?)*$/.test(text)) return null;
	const nodes = new Set<number>();
	for (const range of text.split(",")) {
		const [first = 0, last = first] = range.split("-").map(Number);
		for (let node = first; node <= Math.min(last, first + 1024); node++) nodes.add(node);
	}
	return nodes;
}

const orderOf = (event: FailureEvent): number | null => {
	switch (event.kind) {
		case "slab-failure":
			return event.cache === null ? null : (event.cache.orderMin ?? event.cache.order);
		case "vmalloc-failure":
			// Failures of whole areas are about single pages.
			return event.order ?? 0;
		case "allocation-warning":
			return null;
		default:
			return event.order;
	}
};

/** get_order() of a terabyte: a damaged number is no order. */
const ORDER_MAX = 28;

export const believedOrder = (order: number | null): number | null =>
	order !== null && Number.isInteger(order) && order >= 0 && order <= ORDER_MAX ? order : null;

/** The request of an event. A nodemask binds, and so do the task's mems_allowed in a blocking request. */
export function failedRequest(event: FailureEvent): FailedRequest {
	const mask = maskOfEvent(event);
	const gfp = mask === null ? null : modelMask(mask);
	const context = contextOf(event.trace);
	const mayLeaveCpuset = gfp === null || (gfp & GFP.DIRECT_RECLAIM) === 0;
	const place = "place" in event && !mayLeaveCpuset ? parseNodes(event.place?.mems_allowed ?? null) : null;
	return {
		gfp,
		maskText: mask === null ? null : (mask.names ?? mask.decoded?.text ?? `0x${mask.mask.toString(16)}`),
		order: believedOrder(orderOf(event)),
		context,
		taskFlags: context.reclaim === null ? 0 : PF.MEMALLOC,
		nodes: ("nodemask" in event ? parseNodes(event.nodemask) : null) ?? place,
	};
}
