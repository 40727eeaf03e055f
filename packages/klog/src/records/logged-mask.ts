/** A gfp mask as a log line has it, not yet decoded. */
export interface LoggedMask {
	readonly mask: number;
	/** Flag names as printed (kernels since 4.6), "" where the parentheses are empty, null where there are none. */
	readonly names: string | null;
}

/** `0x24000c0(GFP_KERNEL)`, `0xd0`, `0x0()`, `0`; names may be cut off. */
export const MASK_PATTERN: string = String.raw`(0x[0-9a-fA-F]{1,8}|0)(?: ?\(([A-Za-z0-9_|\s]*)\)?)?`;

/** From the two groups of {@link MASK_PATTERN}. */
export const loggedMask = (hex: string | undefined, names: string | undefined): LoggedMask => ({
	mask: Number(hex ?? 0),
	names: names === undefined ? null : names.replace(/\s/g, ""),
});
