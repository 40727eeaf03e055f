import { type Design, defineDesign } from "@pagelab/contracts";
import { GFP_NOFS } from "@pagelab/gfp";
import { noreclaimScopes, PF } from "@pagelab/memalloc";
import { asTaskFlags } from "@pagelab/base";

/**
 * Up to 6.11: code under btree locks runs inside a PF_MEMALLOC_NORECLAIM scope. Not to be mixed up with
 * memalloc_noreclaim_save(), which sets PF_MEMALLOC and opens all reserves.
 */
export const preRevert: Design = defineDesign({
	id: "pre-revert",
	claim: "A scope makes the whole call tree non-blocking; a NOFAIL inside it can return NULL.",
	source: "eab0af905bfc; bch2_new_inode of v6.11",
	scopes: noreclaimScopes,
	caller: {
		firstTry: { scope: asTaskFlags(PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_NOWARN), mask: GFP_NOFS },
		onFailure: { dropLocks: true, mask: GFP_NOFS },
	},
});
