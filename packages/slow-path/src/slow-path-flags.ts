import type { KernelId } from "@pagelab/base";
import { type AllocFlagsContext, gfpToAllocFlags } from "@pagelab/gfp";
import { inTask } from "@pagelab/memalloc";
import type { PreparedRequest } from "./prepared-request.ts";

const contextsOf = (kernel: KernelId): readonly [plain: AllocFlagsContext, realtime: AllocFlagsContext] => [
	{ kernel, rtTask: false },
	{ kernel, rtTask: true },
];

/** Made once, as every entry of the slow path needs one. */
const CONTEXTS: Readonly<Record<KernelId, ReturnType<typeof contextsOf>>> = {
	"v6.11": contextsOf("v6.11"),
	"v6.12.0": contextsOf("v6.12.0"),
	"v6.12.117": contextsOf("v6.12.117"),
};

/** ALLOC_* flags at S1: gfp_to_alloc_flags(). A real-time priority counts in task context only. */
export function slowPathFlags(kernel: KernelId, { gfp, order, context }: PreparedRequest): number {
	const realtime = context.rtTask && inTask(context.preemptCount);
	return gfpToAllocFlags(gfp, order, CONTEXTS[kernel][realtime ? 1 : 0]);
}
