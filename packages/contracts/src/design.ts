import { InputError } from "@pagelab/base";
import type { ContextRule } from "@pagelab/memalloc";
import type { CallerPolicy } from "./caller-policy.ts";

/**
 * A design: a set of overrides on top of whatever kernel profile runs. It never names a kernel, and a run uses one profile
 * for all of its designs, so that the difference shown is the difference meant.
 */
export interface Design {
	/** Lower case, words joined by `-`. */
	readonly id: string;
	/** What the design says is right, in one sentence that a measurement can support or refute. */
	readonly claim: string;
	/** Commit, mail or version that the design is taken from. */
	readonly source: string;
	/** How the task's flags change a mask; the kernel's own rule if left out. */
	readonly scopes?: ContextRule;
	readonly caller: CallerPolicy;
}

/** Checks a design once, where it is written. @throws InputError */
export function defineDesign(design: Design): Design {
	if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(design.id)) {
		throw new InputError(`design id "${design.id}" is not lower-case words joined by "-"`);
	}
	if (design.claim === "" || design.source === "") {
		throw new InputError(`design ${design.id} needs a claim and a source`);
	}
	return design;
}
