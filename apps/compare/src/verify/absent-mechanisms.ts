import { InvariantError } from "@pagelab/base";
import type { OomKiller, Reclaimer } from "@pagelab/contracts";
import { NO_WAIT } from "@pagelab/sim";

/** Recorded sequences ran with interrupts off: nobody could reclaim, and kswapd could be woken but not run. */
export const NO_RECLAIMER: Reclaimer = {
	tryToFreePages: () => {
		throw new InvariantError("direct reclaim in a recording with interrupts off");
	},
	reclaimablePages: () => 0,
	wakeKswapd: () => {},
};

export const NO_OOM_KILLER: OomKiller = {
	enabled: false,
	tryLock: () => true,
	unlock: () => {},
	*outOfMemory() {
		yield* NO_WAIT;
		return false;
	},
};
