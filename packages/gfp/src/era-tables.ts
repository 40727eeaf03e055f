/** Kernel configuration symbols that decide which gfp bits exist. */
export type GfpConfigSymbol = "KMEMCHECK" | "LOCKDEP" | "KASAN_HW_TAGS" | "SLAB_OBJ_EXT";

/**
 * How an era's numbers and names are known: header and name table read; partly read; derived from the neighbour era by
 * the patch that changed it; from memory.
 */
export type EraEvidence = "read" | "part" | "patch" | "memory";

/** A span of mainline releases with the same gfp bits, composites and printed names (gfp-history.md §1). */
export interface EraRow {
	/** First release that the reference was asked for, such as `6.10`; the last one is `newest`. */
	readonly id: string;
	/** First and last mainline release, such as `6.10` and `6.14`. */
	readonly first: string;
	readonly last: string;
	/** Releases that the reference names as examples of the era. */
	readonly covers: readonly string[];
	/** __GFP_BITS_SHIFT without LOCKDEP; null where it is the number of bits that the configuration has. */
	readonly bitsShift: number | null;
	/** __GFP_BITS_SHIFT is one more with LOCKDEP. */
	readonly bitsShiftLockdep: boolean;
	readonly printTable: string;
	/** printk lines have names (`%pGg`), not only the number. */
	readonly printkNames: boolean;
	/** What a trace event shows for 0. */
	readonly ftraceZero: string;
	readonly evidence: EraEvidence;
}

/** First era, last era, mask (or the next free bit of an enumeration), config symbol needed ("" for none). */
export type BitSpan = readonly [first: string, last: string, mask: number | "next", when: GfpConfigSymbol | ""];
export type BitSpans = Readonly<Record<string, readonly BitSpan[]>>;
export type CompositeSpan = readonly [first: string, last: string, mask: number];
export type CompositeSpans = Readonly<Record<string, readonly CompositeSpan[]>>;
/** Printed name, flag (without __GFP_) or composite, config symbol that the entry needs although its bit does not. */
export type PrintEntry = readonly [name: string, flag: string, when?: GfpConfigSymbol];
export type PrintTables = Readonly<Record<string, readonly PrintEntry[]>>;
