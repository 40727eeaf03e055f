import { type Design, defineDesign } from "@pagelab/contracts";
import { GFP_NOFS, GFP_NOWAIT } from "@pagelab/gfp";

/** What was merged for 6.12: the mask is passed down the call chain. */
export const postRevert: Design = defineDesign({
	id: "post-revert",
	claim: "Scopes say where reclaim may go; whether it may run is the caller's mask.",
	source: "9897713fe107, 9a8da05d7ad6; bch2_new_inode of v6.12",
	caller: { firstTry: { mask: GFP_NOWAIT }, onFailure: { dropLocks: true, mask: GFP_NOFS } },
});
