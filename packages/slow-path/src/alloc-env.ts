import type {
	AllocContext,
	Compactor,
	CpusetConfig,
	EventSink,
	ExhaustionPolicy,
	FailureLog,
	FaultInjector,
	KmemCharger,
	OomKiller,
	Reclaimer,
	SizePolicy,
} from "@pagelab/contracts";
import { ALLOC_WARNING, type AllocWarning, MM_EVENT } from "@pagelab/contracts";
import type { ContextRule } from "@pagelab/memalloc";
import type { PageModel } from "@pagelab/page-model";
import type { WaitableQueue } from "@pagelab/sim";
import type { AttemptTrace } from "./attempt-trace.ts";
import type { RequestPool } from "./prepared-request.ts";
import type { SlowPathProfile } from "./profile.ts";

/** What alloc_pages works with: the page model and the ports that it reaches the rest of the kernel through. */
export interface AllocEnv {
	readonly model: PageModel;
	readonly profile: SlowPathProfile;
	/** The scope seam: current_gfp_context(). */
	readonly contextRule: ContextRule;
	readonly reclaimer: Reclaimer;
	/** Left out: a kernel without CONFIG_COMPACTION. */
	readonly compactor?: Compactor;
	readonly oomKiller: OomKiller;
	readonly events: EventSink;
	readonly warned: WarnOnce;
	/** Requests to use again. Left out: each request is a new object. */
	readonly requests?: RequestPool;
	/** Virtual time in ticks, for policies that wait. Left out: no time passes. */
	readonly clock?: { readonly now: number };
	/** Left out: each failure without __GFP_NOWARN is reported as an event, without text and rate limit. */
	readonly failureLog?: FailureLog;
	/** Left out: no fault injection. */
	readonly faults?: FaultInjector;
	/** Left out: no memory cgroup accounts kernel memory. */
	readonly kmem?: KmemCharger;
	/** Left out: cpusets are not in use. */
	readonly cpusets?: CpusetConfig;
	/** CONFIG_MEMORY_HOTREMOVE: sequence of the last rebuild of the zonelists. Left out: they are never rebuilt. */
	readonly zonelists?: { readonly sequence: number };
	/**
	 * gfp_allowed_mask: without IO and FS bits before the last suspend step (pm_suspended_storage()), without the reclaim bits
	 * early in boot. Left out: all bits.
	 */
	readonly power?: { readonly gfpAllowedMask: number };
	/** might_alloc() of prepare_alloc_pages(): told the scoped mask before the fast path, for lock checkers. */
	readonly mightAlloc?: (gfp: number, context: AllocContext) => void;
	/** The exhaustion seam. Left out: the kernel of the profile (P0). */
	readonly exhaustion?: ExhaustionPolicy;
	/** The size seam. Left out: the hard limit alone. */
	readonly size?: SizePolicy;
	/** Where tasks stay that a policy ended: a queue that nobody wakes. Needed by policies that answer BUG, KILL or HANG. */
	readonly graveyard?: WaitableQueue;
	/** Notes every rung. Left out or undefined: off, and free. */
	readonly trace?: AttemptTrace | undefined;
}

/** Once-latches of the warnings of one boot. */
export class WarnOnce {
	readonly #latched = new Uint8Array(Object.keys(ALLOC_WARNING).length);

	/** WARN_ON_ONCE(): reports the first time only. */
	once(events: EventSink, warning: AllocWarning): void {
		if (this.#latched[warning] === 1) return;
		this.#latched[warning] = 1;
		events.emit(MM_EVENT.WARN, warning);
	}

	/** WARN_ON_ONCE_GFP(): a request with __GFP_NOWARN neither reports nor uses the latch up. */
	onceUnless(nowarn: boolean, events: EventSink, warning: AllocWarning): void {
		if (!nowarn) this.once(events, warning);
	}

	isLatched(warning: AllocWarning): boolean {
		return this.#latched[warning] === 1;
	}
}
