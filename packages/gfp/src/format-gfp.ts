import { type GfpKernel, type GfpLayout, gfpLayout } from "./gfp-layout.ts";

/**
 * `trace` is the text of a trace event (never empty: `none`, up to 4.5 `GFP_NOWAIT`, for 0); `printk` is `%pGg`, the
 * text between the parentheses in dmesg: empty for 0, and the number itself up to 4.5, which had no `%pGg`.
 */
export type GfpStyle = "trace" | "printk";

export interface FormatGfpOptions extends GfpKernel {
	/** `trace` unless given. */
	readonly style?: GfpStyle;
}

/** A mask as the kernel prints it with `%#x`: `0x` and lower-case digits, `0x0` for 0. */
export const gfpHex = (mask: number): string => `0x${(mask >>> 0).toString(16)}`;

/** format_flags() of lib/vsprintf.c and trace_print_flags_seq() of kernel/trace/trace_output.c: the same walk. */
function namesOf(mask: number, layout: GfpLayout): string {
	const parts: string[] = [];
	let rest = mask >>> 0;
	for (const entry of layout.printTable) {
		if (rest === 0) break;
		if ((rest & entry.mask) >>> 0 !== entry.mask) continue;
		parts.push(entry.name);
		rest = (rest & ~entry.mask) >>> 0;
	}
	if (rest !== 0) parts.push(gfpHex(rest));
	return parts.join("|");
}

/** {@link formatGfp} with a layout at hand, for many masks of one kernel. */
export function formatGfpWith(layout: GfpLayout, mask: number, style: GfpStyle = "trace"): string {
	if (style === "printk") return layout.era.printkNames ? namesOf(mask, layout) : gfpHex(mask);
	return mask >>> 0 === 0 ? layout.era.ftraceZero : namesOf(mask, layout);
}

/**
 * A mask in words, in the print order of its kernel: the kernel walks its name table from the top, prints each entry
 * whose bits are all still there, and prints what is left as one hex number.
 *
 * @throws InputError for a kernel release without known layout.
 */
export const formatGfp = (mask: number, options: FormatGfpOptions = {}): string =>
	formatGfpWith(gfpLayout(options), mask, options.style);
