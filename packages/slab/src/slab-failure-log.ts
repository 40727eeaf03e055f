import { GFP } from "@pagelab/gfp";
import type { SlabLog } from "./slab-env.ts";
import type { SlabFailure } from "./slab-failure.ts";

/** ___ratelimit() of one message, as {@link SlabFailureLog} needs it. */
export interface MessageLimit {
	/** May a message be printed now? */
	allow(jiffies: number): boolean;
	/** Messages held back before the one that was just allowed. */
	readonly suppressedBefore: number;
}

/** The limit of slab_out_of_memory(), for all caches together: ten messages in 5 s (HZ = 250). */
export const SLAB_FAILURE_INTERVAL_JIFFIES = 1250;
export const SLAB_FAILURE_BURST = 10;

/** What {@link SlabFailureLog} is made of. */
export interface SlabFailureLogOptions {
	/** Of {@link SLAB_FAILURE_INTERVAL_JIFFIES} and {@link SLAB_FAILURE_BURST}. */
	readonly limit: MessageLimit;
	readonly jiffies: () => number;
	readonly print: (failure: SlabFailure, suppressed: number) => void;
	readonly printUnexpectedGfp: (invalid: number, fixed: number) => void;
}

/** slab_out_of_memory() of mm/slub.c: silent with __GFP_NOWARN, which does not use the limit up, and rate limited. */
export class SlabFailureLog implements SlabLog {
	readonly #options: SlabFailureLogOptions;

	constructor(options: SlabFailureLogOptions) {
		this.#options = options;
	}

	slabOutOfMemory(gfp: number, failure: () => SlabFailure): void {
		const { limit, jiffies, print } = this.#options;
		if ((gfp & GFP.NOWARN) !== 0 || !limit.allow(jiffies())) return;
		print(failure(), limit.suppressedBefore);
	}

	unexpectedGfp(invalid: number, fixed: number): void {
		this.#options.printUnexpectedGfp(invalid, fixed);
	}
}
