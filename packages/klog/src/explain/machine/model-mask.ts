import { GFP } from "@pagelab/gfp";
import type { GfpMask } from "../../sections/decode-mask.ts";

/** Flags under their old names: __GFP_REPEAT was renamed in 4.13. */
const RENAMED: Readonly<Record<string, number>> = { REPEAT: GFP.RETRY_MAYFAIL };

const BITS: Readonly<Record<string, number>> = { ...GFP, ...RENAMED };

/**
 * A logged mask in the bits of the modelled kernels, flag by flag; null where the log's layout is not known. Before 4.4
 * __GFP_WAIT stood for both reclaim bits, and every request woke kswapd unless it had __GFP_NO_KSWAPD. Flags that do not
 * change the decision and have no bit any more (__GFP_COLD, __GFP_NOTRACK) are left out.
 */
export function modelMask({ decoded, mask }: GfpMask): number | null {
	if (decoded === null) return mask === 0 ? 0 : null;
	const { flags } = decoded;
	const bits = flags.reduce((sum, name) => sum | (Object.hasOwn(BITS, name) ? (BITS[name] ?? 0) : 0), 0);
	const hasReclaimBits = !OLD_ERAS.test(decoded.era);
	if (hasReclaimBits) return bits;
	const direct = flags.includes("WAIT") ? GFP.DIRECT_RECLAIM : 0;
	const kswapd = flags.includes("NO_KSWAPD") ? 0 : GFP.KSWAPD_RECLAIM;
	return bits | direct | kswapd;
}

/** Ids of eras before 4.4, which have no __GFP_DIRECT_RECLAIM. */
const OLD_ERAS = /^(?:2\.|3\.|4\.[0-3]$)/;
