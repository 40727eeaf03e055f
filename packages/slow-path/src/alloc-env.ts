import type { AllocContext, Compactor, EventSink, OomKiller, Reclaimer } from "@pagelab/contracts";
import { ALLOC_WARNING, type AllocWarning, MM_EVENT } from "@pagelab/contracts";
import type { ContextRule } from "@pagelab/memalloc";
import type { PageModel, RequestZones, Zone } from "@pagelab/page-model";
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
	/** CONFIG_CMA is never set; CONFIG of the model: MMU, no cpusets in use. */
	readonly warned: WarnOnce;
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

/** A request once its mask is scoped and its zonelist chosen: what every rung of the ladder reads. */
export interface PreparedRequest {
	/** Scoped mask. */
	readonly gfp: number;
	readonly order: number;
	readonly migratetype: number;
	readonly highestZone: number;
	/** Zonelist from the preferred zone on. */
	readonly zones: readonly Zone[];
	readonly requestZones: RequestZones;
	readonly context: AllocContext;
}
