import { asGfp, type Gfp, InputError } from "@pagelab/base";
import { erasOfMask, fitEras, type GfpFit } from "./fit-eras.ts";
import { formatGfpWith, type GfpStyle } from "./format-gfp.ts";
import { eraOfKernel, GFP_ERAS, type GfpEra } from "./gfp-era.ts";
import { DEFAULT_GFP_KERNEL, type GfpKernel, type GfpLayout, gfpLayoutOfEra } from "./gfp-layout.ts";
import { parseGfpWith } from "./parse-gfp.ts";

/** A mask as a log has it, in words. */
export interface DecodedGfp {
	readonly mask: Gfp;
	/** The names of the text, blanks removed; null where it has only a number. */
	readonly names: string | null;
	/** Eras that can have printed the text, oldest first; empty where its number and names belong to no known kernel. */
	readonly eras: readonly GfpEra[];
	/** Whether the kernel of `layout` prints these names for this number; null where the text has only one of the two. */
	readonly agrees: boolean | null;
	/** The table that was used: of the kernel that was given, else of the newest era that fits best. */
	readonly layout: GfpLayout;
	/** The mask as that kernel prints it; up to 4.5 as in a trace event, because printk had no names. */
	readonly text: string;
	/** Single flags without `__GFP_`, lowest bit first. */
	readonly flags: readonly string[];
	/** Bits without meaning in that kernel. */
	readonly unknownBits: number;
}

/** A number, names, or both as in dmesg; in front of them the field's name, as OOM report, warning or event have it. */
const LOGGED =
	/^\s*(?:(?:gfp_mask|gfp_flags|gfp|mode)(?:\s*[=:]\s*|\s+))?(?:(0x[0-9a-f]{1,8})\s*(?:\(([\w\s|]*)\))?|([\w\s|]+?))\s*$/i;

interface Logged {
	readonly mask: number | null;
	readonly names: string | null;
}

function readLogged(text: string): Logged {
	const match = LOGGED.exec(text);
	if (match === null) {
		throw new InputError(
			`"${text}" is no gfp mask, expected one such as 0xcc0(GFP_KERNEL), mode:0x4020 or GFP_KERNEL`,
			{
				offset: 0,
			},
		);
	}
	const names = match[2] ?? match[3];
	return {
		mask: match[1] === undefined ? null : Number.parseInt(match[1], 16),
		names: names === undefined ? null : names.replace(/\s+/g, ""),
	};
}

/** Bits of the first name that a kernel prints for a mask, if it is a composite: a large one hardly fits by chance. */
function bitsOfComposite(mask: number, era: GfpEra): number {
	const { printTable, composites } = gfpLayoutOfEra(era);
	const first = printTable.find((entry) => entry.mask !== 0 && (mask & entry.mask) >>> 0 === entry.mask);
	let bits = 0;
	if (first === undefined || !composites.has(first.name)) return bits;
	for (let rest = first.mask; rest !== 0; rest &= rest - 1) bits++;
	return bits;
}

/**
 * The era of a bare number: that whose composite covers most bits (gfp-history.md §6.6); of equals one that prints no
 * names, because there are none, and of those the newest.
 */
function likeliestEra(mask: number, eras: readonly GfpEra[]): GfpEra {
	const score = (era: GfpEra): number => 2 * bitsOfComposite(mask, era) + (era.printkNames ? 0 : 1);
	let best: GfpEra | undefined;
	for (const era of eras) {
		if (best === undefined || score(era) >= score(best)) best = era;
	}
	return best ?? eraOfKernel(DEFAULT_GFP_KERNEL);
}

const layoutOfFit = (fit: GfpFit): GfpLayout => gfpLayoutOfEra(fit.era, fit.config);

interface Chosen {
	readonly mask: number;
	readonly eras: readonly GfpEra[];
	readonly layout: GfpLayout;
	readonly agrees: boolean | null;
}

function chooseForNumber(mask: number, kernel: GfpLayout | undefined): Chosen {
	const eras = erasOfMask(mask);
	return { mask, eras, layout: kernel ?? gfpLayoutOfEra(likeliestEra(mask, eras)), agrees: null };
}

/** Number and names, which only printk has side by side, check each other. A configuration that was not given is one with which the kernel prints the names. */
function chooseForBoth(mask: number, names: string, kernel: GfpLayout | undefined, configGiven: boolean): Chosen {
	const fits = fitEras(mask, names, "printk");
	const eras = fits.map((fit) => fit.era);
	if (kernel === undefined) {
		const newest = fits.at(-1);
		const layout = newest === undefined ? gfpLayoutOfEra(likeliestEra(mask, erasOfMask(mask))) : layoutOfFit(newest);
		return { mask, eras, layout, agrees: newest !== undefined };
	}
	const own = fits.find((fit) => fit.era === kernel.era);
	const layout = own === undefined || configGiven ? kernel : layoutOfFit(own);
	return { mask, eras, layout, agrees: formatGfpWith(layout, mask, "printk") === names };
}

const STYLES: readonly GfpStyle[] = ["printk", "trace"];

/** What a kernel means by names that it prints itself; undefined where it would print others. */
function maskOfNames(names: string, layout: GfpLayout): number | undefined {
	try {
		const mask = parseGfpWith(layout, names);
		return STYLES.some((style) => formatGfpWith(layout, mask, style) === names) ? mask : undefined;
	} catch (error) {
		if (error instanceof InputError) return undefined;
		throw error;
	}
}

function chooseForNames(names: string, kernel: GfpLayout | undefined): Chosen {
	const fits = GFP_ERAS.map((era) => gfpLayoutOfEra(era)).filter((layout) => maskOfNames(names, layout) !== undefined);
	const layout = kernel ?? fits.at(-1) ?? gfpLayoutOfEra(eraOfKernel(DEFAULT_GFP_KERNEL));
	return { mask: parseGfpWith(layout, names), eras: fits.map((fit) => fit.era), layout, agrees: null };
}

/**
 * Decodes a mask as dmesg or a trace has it: `0xcc0(GFP_KERNEL)`, `gfp_mask=0x201da`, `mode:0x4020`, `gfp_flags=GFP_NOFS`,
 * with or without the field's name; blanks inside of the names, as mail programs put them there, do not count.
 *
 * Without a kernel in `options`, number and names are checked against each other over all eras and those that fit are
 * named; a bare number is read by the likeliest era of those in which it is plausible ({@link erasOfMask}).
 *
 * @throws InputError for text that is no mask, and for a name that the kernel, or no kernel, knows.
 */
export function decodeGfp(text: string, options: GfpKernel = {}): DecodedGfp {
	const { mask, names } = readLogged(text);
	const kernel = options.kernel === undefined ? undefined : gfpLayoutOfEra(eraOfKernel(options.kernel), options.config);
	let chosen: Chosen;
	if (mask === null) chosen = chooseForNames(names ?? "", kernel);
	else if (names === null) chosen = chooseForNumber(mask, kernel);
	else chosen = chooseForBoth(mask, names, kernel, options.config !== undefined);
	const { layout } = chosen;
	return {
		mask: asGfp(chosen.mask),
		names,
		eras: chosen.eras,
		agrees: chosen.agrees,
		layout,
		text: formatGfpWith(layout, chosen.mask, layout.era.printkNames ? "printk" : "trace"),
		flags: flagsOf(chosen.mask, layout),
		unknownBits: (chosen.mask & ~layout.definedBits) >>> 0,
	};
}

/** Single flags of a mask without `__GFP_`, lowest bit first; bits that the kernel does not define are not among them. */
export const flagsOf = (mask: number, layout: GfpLayout): readonly string[] =>
	[...layout.bits]
		.filter(([, bit]) => bit !== 0 && (mask & bit) !== 0)
		.toSorted(([, a], [, b]) => a - b)
		.map(([name]) => name);
