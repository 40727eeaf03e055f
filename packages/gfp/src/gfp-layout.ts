import type { BitSpan, CompositeSpans, GfpConfigSymbol, PrintEntry } from "./era-tables.ts";
import { BIT_SPANS, COMPOSITE_SPANS, HW_TAGS_COMPOSITE_SPANS, PRINT_TABLES } from "./eras.generated.ts";
import { GFP_ERAS, type GfpEra, eraOfKernel } from "./gfp-era.ts";

/** Configuration of the kernel whose masks are read; an absent field is as in {@link DEFAULT_GFP_CONFIG}. */
export interface GfpConfig {
	/** CONFIG_KMEMCHECK, up to 3.7: __GFP_NOTRACK is a real bit. */
	readonly kmemcheck?: boolean;
	/** CONFIG_LOCKDEP, from 4.12: __GFP_NOLOCKDEP is a real bit. */
	readonly lockdep?: boolean;
	/** CONFIG_KASAN_HW_TAGS (arm64 only), from 5.18: the __GFP_SKIP_* bits exist and user pages carry some of them. */
	readonly kasanHwTags?: boolean;
	/** CONFIG_SLAB_OBJ_EXT, from 6.10 (selected by CONFIG_MEMCG): __GFP_NO_OBJ_EXT exists; always so in 6.19 to 7.1. */
	readonly slabObjExt?: boolean;
}

/** A distribution kernel of a machine without memory tagging: memory control groups, no debugging. */
export const DEFAULT_GFP_CONFIG: Required<GfpConfig> = {
	kmemcheck: false,
	lockdep: false,
	kasanHwTags: false,
	slabObjExt: true,
};

/** Whose masks are meant. */
export interface GfpKernel {
	/** Release such as `6.12`, `v6.12.117` or `4.18.0-305.el8`; 6.12 unless given. */
	readonly kernel?: string;
	readonly config?: GfpConfig;
}

export const DEFAULT_GFP_KERNEL = "6.12";

/** One line of a kernel's name table; the mask may be 0 (see {@link gfpLayout}). */
export interface NamedMask {
	readonly name: string;
	readonly mask: number;
}

/** The numbers and names of one era with one configuration. */
export interface GfpLayout {
	readonly era: GfpEra;
	readonly config: Required<GfpConfig>;
	/** Mask by flag without `__GFP_`, such as `NOFAIL`; 0 where the configuration lacks the bit. */
	readonly bits: ReadonlyMap<string, number>;
	/** Mask by name, such as `GFP_KERNEL` or `__GFP_RECLAIM`. */
	readonly composites: ReadonlyMap<string, number>;
	/** In the order in which the kernel tries them. */
	readonly printTable: readonly NamedMask[];
	/** All bits that this kernel defines. */
	readonly definedBits: number;
	/**
	 * __GFP_BITS_SHIFT: bits from here on up are outside of the mask. For 2.6.38 that of 2.6.39 to 3.2, which have a bit
	 * more. Holes below it, such as 0x200 from 6.3 on, are not defined either but count as inside.
	 */
	readonly bitsShift: number;
}

/** Field of {@link GfpConfig} by config symbol of the kernel. */
export const CONFIG_FIELDS: Readonly<Record<GfpConfigSymbol, keyof GfpConfig>> = {
	KMEMCHECK: "kmemcheck",
	LOCKDEP: "lockdep",
	KASAN_HW_TAGS: "kasanHwTags",
	SLAB_OBJ_EXT: "slabObjExt",
};

const has = (config: Required<GfpConfig>, symbol: GfpConfigSymbol | "" | undefined): boolean =>
	symbol === undefined || symbol === "" || config[CONFIG_FIELDS[symbol]];

const eraIndexById: ReadonlyMap<string, number> = new Map(GFP_ERAS.map((era, i) => [era.id, i]));
const indexOf = (eraId: string): number => eraIndexById.get(eraId) as number;

const spanOf = <T extends readonly [string, string, ...unknown[]]>(spans: readonly T[], era: number): T | undefined =>
	spans.find(([first, last]) => indexOf(first) <= era && era <= indexOf(last));

function spansAt<T extends readonly [string, string, ...unknown[]]>(
	table: Readonly<Record<string, readonly T[]>>,
	era: number,
): [string, T][] {
	return Object.entries(table).flatMap(([name, spans]): [string, T][] => {
		const span = spanOf(spans, era);
		return span === undefined ? [] : [[name, span]];
	});
}

/** Bits with a fixed number first; those of the enumeration (from 6.10) then take the next free bit in their order. */
function bitsOf(era: number, config: Required<GfpConfig>): Map<string, number> {
	const spans = spansAt<BitSpan>(BIT_SPANS, era);
	const bits = new Map<string, number>();
	let next = 1;
	for (const [name, [, , mask, when]] of spans) {
		if (mask === "next") continue;
		bits.set(name, has(config, when) ? mask : 0);
		if (has(config, when)) next = Math.max(next, mask * 2);
	}
	for (const [name, [, , mask, when]] of spans) {
		if (mask !== "next") continue;
		bits.set(name, has(config, when) ? next : 0);
		if (has(config, when)) next *= 2;
	}
	return bits;
}

/** The era's number is the width without LOCKDEP; from 6.10 on it is the number of enumerated bits. */
function bitsShiftOf(era: GfpEra, config: Required<GfpConfig>, definedBits: number): number {
	if (era.bitsShift === null) return 32 - Math.clz32(definedBits);
	return era.bitsShift + (era.bitsShiftLockdep && config.lockdep ? 1 : 0);
}

function compositesOf(era: number, config: Required<GfpConfig>): Map<string, number> {
	const masks = (table: CompositeSpans) => spansAt(table, era).map(([name, span]): [string, number] => [name, span[2]]);
	return new Map([...masks(COMPOSITE_SPANS), ...(config.kasanHwTags ? masks(HW_TAGS_COMPOSITE_SPANS) : [])]);
}

/**
 * Entries of bits that the configuration lacks are not compiled in, except __GFP_NOTRACK up to 3.7: it stays with mask
 * 0, and the kernel's loop then prints it for any remainder (gfp-history.md §4).
 */
function printTableOf(era: GfpEra, config: Required<GfpConfig>, maskOf: (flag: string) => number): NamedMask[] {
	const entries: readonly PrintEntry[] = PRINT_TABLES[era.printTable] as readonly PrintEntry[];
	return entries
		.map(([name, flag, when]) => ({ name, flag, when, mask: maskOf(flag) }))
		.filter(({ flag, when, mask }) => has(config, when) && (mask !== 0 || flag === "NOTRACK"))
		.map(({ name, mask }) => ({ name, mask }));
}

function buildLayout(era: GfpEra, config: Required<GfpConfig>): GfpLayout {
	const index = indexOf(era.id);
	const bits = bitsOf(index, config);
	const composites = compositesOf(index, config);
	const maskOf = (flag: string): number => bits.get(flag) ?? composites.get(flag) ?? 0;
	const printTable = printTableOf(era, config, maskOf);
	let definedBits = 0;
	for (const mask of bits.values()) definedBits |= mask;
	return { era, config, bits, composites, printTable, definedBits, bitsShift: bitsShiftOf(era, config, definedBits) };
}

/** Config symbols on which the bits, composites or names of an era depend. */
export function configSymbolsOfEra(era: GfpEra): readonly GfpConfigSymbol[] {
	const index = indexOf(era.id);
	const ofBits = spansAt<BitSpan>(BIT_SPANS, index).map(([, span]) => span[3]);
	const ofNames = (PRINT_TABLES[era.printTable] as readonly PrintEntry[]).map(([, , when]) => when);
	const used = new Set<string | undefined>([...ofBits, ...ofNames]);
	return (Object.keys(CONFIG_FIELDS) as GfpConfigSymbol[]).filter((symbol) => used.has(symbol));
}

const built = new Map<string, GfpLayout>();

/**
 * Bits, composites and name table of an era with a configuration. The result is shared and never changes.
 *
 * Source: gfp-history.json; how well each era is known is in its `evidence`.
 */
export function gfpLayoutOfEra(era: GfpEra, config: GfpConfig = {}): GfpLayout {
	const full = { ...DEFAULT_GFP_CONFIG, ...config };
	const key = `${era.id} ${full.kmemcheck} ${full.lockdep} ${full.kasanHwTags} ${full.slabObjExt}`;
	let layout = built.get(key);
	if (layout === undefined) {
		layout = buildLayout(era, full);
		built.set(key, layout);
	}
	return layout;
}

/** {@link gfpLayoutOfEra} of the era of a kernel release. @throws InputError for a release without known layout. */
export const gfpLayout = (options: GfpKernel = {}): GfpLayout =>
	gfpLayoutOfEra(eraOfKernel(options.kernel ?? DEFAULT_GFP_KERNEL), options.config);
