import { ALLOC_WARNING, MM_EVENT } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import type { VmallocCall } from "./inner-allocation.ts";
import type { VmallocEnv } from "./vmalloc-env.ts";

/** What a message of vmalloc says. */
export interface VmallocError {
	/** In bytes. */
	readonly size: number;
	/** As in the kernel, such as `exceeds total pages`. */
	readonly text: string;
	/** As printed behind `mode:`; __GFP_NOWARN keeps it silent. */
	readonly gfp: number;
}

/** warn_alloc() with `vmalloc error: size <n>, <text>` (slowpath.md §10, §13). */
export function vmallocError(env: VmallocEnv, { size, text, gfp }: VmallocError, { context }: VmallocCall): void {
	if ((gfp & GFP.NOWARN) !== 0) return;
	const message = `vmalloc error: size ${size}, ${text}`;
	const printed = env.failureLog?.warnAlloc({ gfp, nodemask: undefined, message, context }) ?? true;
	if (printed) env.events.emit(MM_EVENT.WARN, ALLOC_WARNING.VMALLOC_ERROR);
}
