import type { Zone } from "@pagelab/page-model";
import type { Steps } from "@pagelab/sim";
import type { AllocContext } from "./alloc-context.ts";

/** struct oom_control as far as the allocation decides it. */
export interface OomRequest {
	readonly gfp: number;
	readonly order: number;
	readonly highestZone: number;
	readonly zones: readonly Zone[];
	readonly context: AllocContext;
}

/** Port from the slow path to the OOM killer. */
export interface OomKiller {
	/** oom_killer_disabled is clear. */
	readonly enabled: boolean;
	/** mutex_trylock(&oom_lock): false while another task is in the killer. */
	tryLock(): boolean;
	unlock(): void;
	/** out_of_memory(): whether the caller may count on progress; true also without a kill (no __GFP_FS, victim pending). */
	outOfMemory(request: OomRequest): Steps<boolean>;
}
