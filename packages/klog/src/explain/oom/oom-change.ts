import type { OomEvent } from "../../events/oom-event.ts";
import type { GfpMask } from "../../sections/decode-mask.ts";

/** A change of one thing at the instant of an event, to ask what would have been. */
export type OomChange =
	/** Another oom_score_adj of a listed task. */
	| { readonly kind: "oom_score_adj"; readonly pid: number; readonly value: number }
	/** Another limit of the cgroup, kB: memory.max, or in v1 the limit that was hit. */
	| { readonly kind: "memory.max"; readonly kb: number }
	/** A request of another order. */
	| { readonly kind: "order"; readonly order: number }
	/** The same request with a flag more: __GFP_HIGH opens half of min, __GFP_MOVABLE the movable and CMA blocks. */
	| { readonly kind: "mask"; readonly add: "HIGH" | "MOVABLE" }
	/** kvmalloc in the place of kmalloc: single pages where a block in a row cannot be had. */
	| { readonly kind: "kvmalloc" }
	/** A setting that acts over time. */
	| { readonly kind: "setting"; readonly name: OomSetting };

/** Settings whose effect depends on what ran before, which no report has. */
export const OOM_SETTINGS = ["vm.min_free_kbytes", "vm.watermark_scale_factor", "vm.swappiness", "swap size"] as const;
export type OomSetting = (typeof OOM_SETTINGS)[number];

/** These bits have the same place in the masks of all kernels since 2.6.32. */
const BITS = { HIGH: 0x20, MOVABLE: 0x08 } as const;

/** A mask with one flag more; null where it is not known what the mask says. */
function withFlag(mask: GfpMask, flag: keyof typeof BITS): GfpMask | null {
	if (mask.decoded === null) return null;
	const flags = [...new Set([...mask.decoded.flags, flag])];
	const text = `${mask.names ?? mask.decoded.text}|__GFP_${flag}`;
	return { mask: mask.mask | BITS[flag], names: null, decoded: { ...mask.decoded, flags, text } };
}

/** The event as it would have been with another request; null where the log has no request to change. */
export function withRequest(
	event: OomEvent,
	change: { readonly order?: number; readonly add?: "HIGH" | "MOVABLE" },
): OomEvent | null {
	const { trigger } = event;
	if (trigger === null) return null;
	const gfp = change.add === undefined ? trigger.gfp : withFlag(trigger.gfp, change.add);
	return gfp === null ? null : { ...event, trigger: { ...trigger, gfp, order: change.order ?? trigger.order } };
}

/** The event with another limit of its cgroup; null where it is about no such limit. */
export function withLimit(event: OomEvent, resource: "memory" | "memorySwap" | "kmem", kb: number): OomEvent | null {
	const own = event.memcg?.[resource] ?? null;
	if (event.memcg === null || own === null) return null;
	return { ...event, memcg: { ...event.memcg, [resource]: { ...own, limitKb: kb } } };
}
