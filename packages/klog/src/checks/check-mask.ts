import { type GfpMask, namesDisagree } from "../sections/decode-mask.ts";
import type { Contradiction } from "./contradiction.ts";

/** Mask and names of one line that do not fit. */
export function checkMask(gfp: GfpMask | null, line: number | null): Contradiction[] {
	if (gfp === null || !namesDisagree(gfp)) return [];
	const hex = `0x${gfp.mask.toString(16)}`;
	const meaning =
		gfp.decoded === null
			? "no known kernel prints that"
			: `that kernel's name for it is ${gfp.decoded.text || "empty"}`;
	const message = `The mask ${hex} is printed as ${gfp.names}, but ${meaning}.`;
	return [{ code: "gfp-names", message, lines: line === null ? [] : [line] }];
}
