import { asGfp, asTaskFlags, type Gfp, type TaskFlags } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import type { ContextRule } from "./context-rule.ts";
import { bitsOf, enumerateMasks, subsetsOf } from "./mask-enumeration.ts";
import { PF } from "./task-flags.ts";

/** Bits that allow a request more: a scope must not add them. */
const PERMISSIONS =
	GFP.IO |
	GFP.FS |
	GFP.DIRECT_RECLAIM |
	GFP.KSWAPD_RECLAIM |
	GFP.NOFAIL |
	GFP.RETRY_MAYFAIL |
	GFP.HIGH |
	GFP.MEMALLOC |
	GFP.MOVABLE |
	GFP.HIGHMEM;

/** Bits that allow a request less: a scope must not take them away. */
const RESTRICTIONS = GFP.NOMEMALLOC | GFP.NORETRY | GFP.HARDWALL;

/** What a mask really permits: without DIRECT_RECLAIM the IO and FS bits have no effect. */
const effective = (gfp: number): number =>
	(gfp & GFP.DIRECT_RECLAIM) === 0 ? 0 : gfp & (GFP.DIRECT_RECLAIM | GFP.IO | GFP.FS);

/** One broken clause of the contract with the smallest input that shows it. */
export interface ContextRuleViolation {
	readonly clause:
		| "adds a permission"
		| "drops a restriction"
		| "narrowing twice differs"
		| "changes a mask without scope"
		| "reads a flag outside of scopeFlags"
		| "a further scope permits more"
		| "not an unsigned mask";
	readonly flags: TaskFlags;
	readonly gfp: Gfp;
	readonly narrowed: Gfp;
}
type Clause = ContextRuleViolation["clause"];

/** One set of scope flags with the flag sets that its results are compared with. */
interface FlagSetup {
	readonly flags: TaskFlags;
	/** The same scopes, and flags that the rule says it does not read. */
	readonly withForeign: readonly TaskFlags[];
	/** The same scopes but one. */
	readonly withFewer: readonly TaskFlags[];
}

const setupOf = (rule: ContextRule, flags: number): FlagSetup => ({
	flags: asTaskFlags(flags),
	withForeign: [asTaskFlags(flags | ~rule.scopeFlags), asTaskFlags(flags | (PF.MEMALLOC & ~rule.scopeFlags))],
	withFewer: bitsOf(flags).map((bit) => asTaskFlags(flags & ~bit)),
});

function brokenClauses(rule: ContextRule, { flags, withForeign, withFewer }: FlagSetup, gfp: Gfp): Clause[] {
	const narrowed = rule.narrow(flags, gfp);
	const broken: Clause[] = [];
	if (narrowed !== narrowed >>> 0) broken.push("not an unsigned mask");
	if ((narrowed & ~gfp & PERMISSIONS) !== 0) broken.push("adds a permission");
	if ((gfp & ~narrowed & RESTRICTIONS) !== 0) broken.push("drops a restriction");
	if (rule.narrow(flags, narrowed) !== narrowed) broken.push("narrowing twice differs");
	if (flags === 0 && narrowed !== gfp) broken.push("changes a mask without scope");
	if (withForeign.some((other) => rule.narrow(other, gfp) !== narrowed)) {
		broken.push("reads a flag outside of scopeFlags");
	}
	if (withFewer.some((fewer) => (effective(narrowed) & ~effective(rule.narrow(fewer, gfp))) !== 0)) {
		broken.push("a further scope permits more");
	}
	return broken;
}

/**
 * The contract of every context rule, tried on all subsets of its scope flags × all masks of the bits that matter to
 * scopes. Returns the first input for each broken clause, so an empty array is a rule that keeps it. For a rule with five
 * scope flags that is half a million inputs and takes a fraction of a second.
 */
export function contextRuleViolations(rule: ContextRule): readonly ContextRuleViolation[] {
	const found = new Map<Clause, ContextRuleViolation>();
	const masks = enumerateMasks();
	for (const setup of subsetsOf(rule.scopeFlags).map((flags) => setupOf(rule, flags))) {
		for (const gfp of masks) {
			for (const clause of brokenClauses(rule, setup, gfp)) {
				if (found.has(clause)) continue;
				const { flags } = setup;
				found.set(clause, { clause, flags, gfp, narrowed: rule.narrow(flags, gfp) });
			}
		}
	}
	return [...found.values()];
}

/** A nested request that a scope harms. */
export interface UnsafeNesting {
	readonly gfp: Gfp;
	readonly narrowed: Gfp;
	/** `nofail-may-fail`: a sleepable NOFAIL request could return NULL. `atomic-may-sleep`: a non-blocking one could sleep. */
	readonly harm: "nofail-may-fail" | "atomic-may-sleep";
}

const isSleepableNofail = (gfp: number): boolean => (gfp & GFP.NOFAIL) !== 0 && (gfp & GFP.DIRECT_RECLAIM) !== 0;

/**
 * Is a scope safe for whatever is nested in it? The property of memalloc-scopes.md §6 as far as masks decide it: a request
 * with NOFAIL and DIRECT_RECLAIM keeps both, one without DIRECT_RECLAIM never gets it. Returns the smallest mask that shows
 * otherwise, or undefined for a safe scope. Orders, sizes and the OOM path are decided elsewhere.
 */
export function unsafeNesting(rule: ContextRule, scope: number): UnsafeNesting | undefined {
	const flags = asTaskFlags(scope);
	for (const gfp of enumerateMasks()) {
		const narrowed = asGfp(rule.narrow(flags, gfp));
		if (isSleepableNofail(gfp) && !isSleepableNofail(narrowed)) return { gfp, narrowed, harm: "nofail-may-fail" };
		if ((gfp & GFP.DIRECT_RECLAIM) === 0 && (narrowed & GFP.DIRECT_RECLAIM) !== 0) {
			return { gfp, narrowed, harm: "atomic-may-sleep" };
		}
	}
	return undefined;
}
