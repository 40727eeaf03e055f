import { asGfp, asTaskFlags, type Gfp, type TaskFlags } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import type { ContextRule } from "./context-rule.ts";
import { narrowForIoFsPin } from "./kernel-scopes.ts";
import { PF } from "./task-flags.ts";

/** The two revisions of the proposal. */
export interface NowaitScopesOptions {
	/**
	 * Whether the scope also sets __GFP_NOWARN: a revision of Wilcox's of June 2020 did, Yafang Shao's of August 2024 does
	 * not (the default).
	 */
	readonly setsNowarn?: boolean;
}

/**
 * The proposed memalloc_nowait scope, never merged (vmalloc-2025.md §9): like 6.12, and a scope that clears
 * __GFP_DIRECT_RECLAIM with precedence over NOIO and NOFS. No reserves, kswapd is still woken.
 *
 * The scope's bit is PF_MEMALLOC_NORECLAIM as in the 2024 patch; the 2020 one had a bit of its own outside of the PF flags,
 * with the same effect. Name trap: memalloc_noreclaim_save() sets PF_MEMALLOC = all reserves instead.
 */
export function nowaitScopes(options: NowaitScopesOptions = {}): ContextRule {
	const scopes = PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_NOIO | PF.MEMALLOC_NOFS | PF.MEMALLOC_PIN;
	const added = options.setsNowarn === true ? GFP.NOWARN : 0;

	function narrow(flags: TaskFlags, gfp: Gfp): Gfp {
		if ((flags & scopes) === 0) return gfp;
		if ((flags & PF.MEMALLOC_NORECLAIM) === 0) return asGfp(narrowForIoFsPin(flags, gfp));
		return asGfp((narrowForIoFsPin(flags & PF.MEMALLOC_PIN, gfp) & ~GFP.DIRECT_RECLAIM) | added);
	}

	return {
		id: added === 0 ? "nowait" : "nowait-nowarn",
		claim: "A nowait scope is as good as GFP_NOWAIT passed down the call chain.",
		source: added === 0 ? "mail 20240812090525.80299-2" : "mail 20200625113122.7540-7 and its revision",
		scopeFlags: asTaskFlags(scopes),
		narrow,
	};
}
