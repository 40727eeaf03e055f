import { type Gfp, InputError, asGfp, nearestName } from "@pagelab/base";
import { BIT_SPANS, COMPOSITE_SPANS } from "./eras.generated.ts";
import { type FormatGfpOptions, type GfpStyle, formatGfpWith } from "./format-gfp.ts";
import { GFP_ERAS, eraReleases } from "./gfp-era.ts";
import { type GfpLayout, gfpLayout } from "./gfp-layout.ts";
import { OLD_SPELLINGS, UNTRANSLATABLE } from "./old-spellings.ts";

const HEX = /^0x([0-9a-f]{1,8})$/i;
const UNDERSCORES = "__";

/** One name of the text with its byte offset and all masks that it can stand for, the likeliest first. */
interface Token {
	readonly name: string;
	readonly offset: number;
}

function tokensOf(text: string): Token[] {
	const tokens: Token[] = [];
	let offset = 0;
	for (const piece of text.split("|")) {
		const name = piece.trim();
		tokens.push({ name, offset: offset + piece.indexOf(name) });
		offset += piece.length + 1;
	}
	return tokens;
}

/** Masks of a name as the kernel prints it; two in 4.4 and 4.5, where GFP_ATOMIC is a composite and a bit. */
const printedMasks = (name: string, layout: GfpLayout): number[] =>
	layout.printTable.filter((entry) => entry.name === name).map((entry) => entry.mask);

/** Mask of a name as C code spells it. */
const sourceMask = (name: string, layout: GfpLayout): number | undefined =>
	layout.composites.get(name) ?? (name.startsWith("__GFP_") ? layout.bits.get(name.slice("__GFP_".length)) : undefined);

/** Mask of a spelling that this era no longer has; the names up to 4.5 also came without underscores. */
function oldSpellingMask(name: string, layout: GfpLayout): number | undefined {
	const spelled = name in OLD_SPELLINGS || name.startsWith(UNDERSCORES) ? name : UNDERSCORES + name;
	const known = sourceMask(spelled, layout);
	if (known !== undefined) return known;
	const successors = OLD_SPELLINGS[spelled];
	if (successors === undefined || !existedBefore(spelled, layout)) return undefined;
	let mask = 0;
	for (const successor of successors) mask |= sourceMask(successor, layout) ?? oldSpellingMask(successor, layout) ?? 0;
	return mask;
}

/** Spans of eras in which C code could use a name. */
const spansOfName = (name: string) =>
	COMPOSITE_SPANS[name] ?? BIT_SPANS[name.startsWith("__GFP_") ? name.slice("__GFP_".length) : ""] ?? [];

const eraPosition = (id: string): number => GFP_ERAS.findIndex((era) => era.id === id);

const existedBefore = (name: string, layout: GfpLayout): boolean =>
	spansOfName(name).some(([, last]) => eraPosition(last) < eraPosition(layout.era.id));

const releasesOfName = (name: string): string => {
	const spans = spansOfName(name);
	const first = GFP_ERAS.find((era) => era.id === spans[0]?.[0])?.first;
	const last = GFP_ERAS.find((era) => era.id === spans.at(-1)?.[1])?.last;
	return first === last ? `${first}` : `${first}–${last}`;
};

function unknownName({ name, offset }: Token, layout: GfpLayout): InputError {
	const kernel = `kernel ${eraReleases(layout.era)}`;
	const spelled = name.startsWith(UNDERSCORES) ? name : UNDERSCORES + name;
	const elsewhere = [name, spelled].find((n) => spansOfName(n).length > 0);
	if (elsewhere !== undefined) {
		const hint = UNTRANSLATABLE[elsewhere];
		const why = hint === undefined ? "" : `: ${hint}`;
		return new InputError(
			`gfp flag ${elsewhere} does not exist in ${kernel}, only in ${releasesOfName(elsewhere)}${why}`,
			{ offset },
		);
	}
	const known = [
		...layout.printTable.map((entry) => entry.name),
		...layout.composites.keys(),
		...[...layout.bits.keys()].map((bit) => `__GFP_${bit}`),
	];
	const nearest = nearestName(name, known);
	const suggestion = nearest === undefined ? "expected names joined by | or a 0x number" : `did you mean ${nearest}?`;
	return new InputError(`unknown gfp flag "${name}" in ${kernel}, ${suggestion}`, { offset });
}

/** All masks that a token can stand for, the likeliest first. */
function masksOf(token: Token, layout: GfpLayout, spelledAsSource: boolean): number[] {
	const hex = HEX.exec(token.name);
	if (hex !== null) return [Number.parseInt(hex[1] as string, 16)];
	const printed = printedMasks(token.name, layout);
	const source = sourceMask(token.name, layout);
	const named = source === undefined ? printed : spelledAsSource ? [source, ...printed] : [...printed, source];
	if (named.length > 0) return [...new Set(named)];
	const old = oldSpellingMask(token.name, layout);
	if (old === undefined) throw unknownName(token, layout);
	return [old];
}

/** Every choice of one mask per token, OR-ed, in order of likelihood. */
const unions = (choices: readonly (readonly number[])[]): number[] =>
	choices.reduce<number[]>((sums, masks) => sums.flatMap((sum) => masks.map((mask) => sum | mask)), [0]);

/** {@link parseGfp} with a layout at hand, for many texts of one kernel. */
export function parseGfpWith(layout: GfpLayout, text: string, style: GfpStyle = "trace"): Gfp {
	const trimmed = text.trim();
	if (trimmed === "" || trimmed === "none" || trimmed === "0") return asGfp(0);
	if (style === "trace" && trimmed === layout.era.ftraceZero) return asGfp(0);
	const tokens = tokensOf(text);
	const spelledAsSource = tokens.some((token) => token.name.startsWith(UNDERSCORES));
	const masks = unions(tokens.map((token) => masksOf(token, layout, spelledAsSource)));
	if (masks.length === 1) return asGfp(masks[0] as number);
	const asPrinted = tokens.map((token) => token.name).join("|");
	const exact = masks.find((mask) => formatGfpWith(layout, mask, "trace") === asPrinted);
	return asGfp(exact ?? (masks[0] as number));
}

/**
 * The mask that a text names: flags and composites joined by `|`, spelled as in C code (`__GFP_NOFAIL`) or as the kernel
 * prints them (up to 4.5 `GFP_NOFAIL`), hex numbers, and `none` or nothing for 0.
 *
 * Spellings that the kernel no longer has are translated where they have a successor (`__GFP_WAIT`, `__GFP_REPEAT`,
 * `GFP_TEMPORARY`) and are 0 where they were dropped (`GFP_NOTRACK`, `__GFP_COLD`). A flag whose bit the configuration
 * lacks is 0, as in the kernel. A name with two meanings (`GFP_ATOMIC` in 4.4 and 4.5, `GFP_THISNODE` up to 4.0) gets
 * the one with which the kernel prints this very text.
 *
 * The inverse of {@link formatGfp} in every era, except that 4.4 and 4.5 print the composite GFP_ATOMIC and its one bit
 * alike, and that the trace style up to 4.5 shows `GFP_NOWAIT` for 0.
 *
 * @throws InputError for an unknown name, with the nearest known one, and for a flag of other kernels, with theirs.
 */
export const parseGfp = (text: string, options: FormatGfpOptions = {}): Gfp =>
	parseGfpWith(gfpLayout(options), text, options.style);
