import { gfpConfigsOfEra } from "./era-configs.ts";
import { formatGfpWith, type GfpStyle } from "./format-gfp.ts";
import { GFP_ERAS, type GfpEra } from "./gfp-era.ts";
import { type GfpConfig, type GfpLayout, gfpLayoutOfEra } from "./gfp-layout.ts";
import { isIllegalZoneMask } from "./zone.ts";

/** An era whose kernels print a mask in these words. */
export interface GfpFit {
	readonly era: GfpEra;
	/** The configuration nearest to the usual one with which they do. */
	readonly config: Required<GfpConfig>;
	/** `printk` where dmesg prints these words, else `trace`. */
	readonly style: GfpStyle;
}

const STYLES: readonly GfpStyle[] = ["printk", "trace"];

function fitOfEra(era: GfpEra, mask: number, names: string, styles: readonly GfpStyle[]): GfpFit | undefined {
	for (const config of gfpConfigsOfEra(era)) {
		const layout = gfpLayoutOfEra(era, config);
		const style = styles.find((s) => formatGfpWith(layout, mask, s) === names);
		if (style !== undefined) return { era, config, style };
	}
	return undefined;
}

/**
 * The eras whose kernels print a mask as exactly these names, oldest first, each once: for a log whose kernel is not
 * known. Name, order and remainder must be the same. None: the two do not belong together, or a vendor's kernel has
 * flags of its own.
 *
 * @param names as printed: the text of a trace event, or what stands in the parentheses of dmesg (empty for 0).
 * @param style only as dmesg prints (`printk`, no era up to 4.5) or as trace events do; both unless given.
 */
export function fitEras(mask: number, names: string, style?: GfpStyle): readonly GfpFit[] {
	const styles = style === undefined ? STYLES : [style];
	return GFP_ERAS.flatMap((era) => {
		const named = era.printkNames ? styles : styles.filter((s) => s !== "printk");
		return fitOfEra(era, mask, names, named) ?? [];
	});
}

/** RECLAIMABLE and MOVABLE are two values of one field. */
const hasTwoMobilities = (mask: number, { bits }: GfpLayout): boolean => {
	const both = (bits.get("RECLAIMABLE") ?? 0) | (bits.get("MOVABLE") ?? 0);
	return (mask & both) === both;
};

/** IO and FS mean nothing without a kind of reclaim; huge pages and the first try of slab, without one, have NOMEMALLOC. */
function lacksReclaim(mask: number, { bits }: GfpLayout): boolean {
	const bit = (flag: string): number => bits.get(flag) ?? 0;
	const reclaim = bit("WAIT") | bit("DIRECT_RECLAIM") | bit("KSWAPD_RECLAIM") | bit("NOMEMALLOC");
	return (mask & (bit("IO") | bit("FS"))) !== 0 && (mask & reclaim) === 0;
}

const isPlausible = (mask: number, layout: GfpLayout): boolean =>
	(mask & ~layout.definedBits) === 0 &&
	!isIllegalZoneMask(mask) &&
	!hasTwoMobilities(mask, layout) &&
	!lacksReclaim(mask, layout);

/**
 * The eras that can have meant a bare number, oldest first (gfp-history.md §6.5): all bits are defined with some
 * configuration, one zone and one mobility, and IO or FS only where something reclaims. A deliberately odd mask, such as
 * that of a test, may fit none; small masks fit many.
 */
export const erasOfMask = (mask: number): readonly GfpEra[] =>
	GFP_ERAS.filter((era) => gfpConfigsOfEra(era).some((config) => isPlausible(mask, gfpLayoutOfEra(era, config))));

/** Releases of several eras in words, neighbours joined, such as `4.18–5.0, 5.14–newest`; `none` for no era. */
export function releasesOfEras(eras: readonly GfpEra[]): string {
	const spans: { first: string; last: string; end: number }[] = [];
	GFP_ERAS.forEach((era, i) => {
		if (!eras.includes(era)) return;
		const previous = spans.at(-1);
		if (previous?.end === i - 1) Object.assign(previous, { last: era.last, end: i });
		else spans.push({ first: era.first, last: era.last, end: i });
	});
	const words = spans.map(({ first, last }) => (first === last ? first : `${first}–${last}`));
	return words.length === 0 ? "none" : words.join(", ");
}
