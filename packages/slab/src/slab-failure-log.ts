import { RateLimit } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import type { SlabLog } from "./slab-env.ts";
import type { SlabFailure } from "./slab-failure.ts";

/** The limit of slab_out_of_memory(), for all caches together: ten messages in 5 s (HZ = 250). */
const INTERVAL_JIFFIES = 1250;
const BURST = 10;

/** What {@link SlabFailureLog} is made of. */
export interface SlabFailureLogOptions {
	readonly jiffies: () => number;
	readonly print: (failure: SlabFailure, suppressed: number) => void;
	readonly printUnexpectedGfp: (invalid: number, fixed: number) => void;
}

/** slab_out_of_memory() of mm/slub.c: silent with __GFP_NOWARN, which does not use the limit up, and rate limited. */
export class SlabFailureLog implements SlabLog {
	readonly #options: SlabFailureLogOptions;
	readonly #limit: RateLimit = new RateLimit(INTERVAL_JIFFIES, BURST);

	constructor(options: SlabFailureLogOptions) {
		this.#options = options;
	}

	slabOutOfMemory(gfp: number, failure: () => SlabFailure): void {
		const { jiffies, print } = this.#options;
		if ((gfp & GFP.NOWARN) !== 0 || !this.#limit.allow(jiffies())) return;
		print(failure(), this.#limit.suppressedBefore);
	}

	unexpectedGfp(invalid: number, fixed: number): void {
		this.#options.printUnexpectedGfp(invalid, fixed);
	}
}
