import { type Gfp, InputError } from "@pagelab/base";
import type { MallocPolicy } from "@pagelab/contracts";
import type { ContextRule } from "@pagelab/memalloc";
import { inferGfp } from "./infer-gfp.ts";

/** The caller says what it means; scopes may take from it. What 6.12 does. */
export const explicitMalloc = (rule: ContextRule): MallocPolicy => ({
	id: "explicit",
	claim: "Whether reclaim may run, and what happens on failure, is for the caller to say.",
	proposedBy: "mm",
	source: "memalloc-scopes.md §6; current_gfp_context of v6.12",
	maskOf: (context, explicit): Gfp => {
		if (explicit === undefined) throw new InputError("malloc without a mask, expected one: the policy is explicit");
		return rule.narrow(context.task.flags, explicit);
	},
});

/** malloc(size) without a mask: context and scopes say it all. A mask that is passed all the same is not looked at. */
export const inferredMalloc = (rule: ContextRule): MallocPolicy => ({
	id: "inferred",
	claim: "Passing masks is less safe than context: the allocator can see where it is called.",
	proposedBy: "Overstreet",
	source: "thread.md §2 K1, K13, §3 P6",
	maskOf: (context): Gfp => rule.narrow(context.task.flags, inferGfp(context)),
});
