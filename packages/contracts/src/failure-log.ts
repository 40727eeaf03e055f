import type { AllocContext } from "./alloc-context.ts";
import type { Nodemask } from "./nodemask.ts";

/** A failed allocation as warn_alloc() is told of it. */
export interface AllocFailure {
	/** As printed behind `mode:`; __GFP_NOWARN keeps it silent. */
	readonly gfp: number;
	readonly nodemask: Nodemask | undefined;
	/** What failed, such as `page allocation failure: order:4`. */
	readonly message: string;
	readonly context: AllocContext;
}

/** Port to the kernel log: warn_alloc(), whose rate limit all allocators share. */
export interface FailureLog {
	/** @returns whether a message was printed: not with __GFP_NOWARN, and at most one in 10 s. */
	warnAlloc(failure: AllocFailure): boolean;
}
