import { InputError } from "@pagelab/base";
import {
	eraOfKernel,
	formatGfpWith,
	GFP_ERAS,
	type GfpConfig,
	type GfpEra,
	type GfpLayout,
	gfpLayoutOfEra,
} from "@pagelab/gfp";
import type { KernelRelease } from "../records/kernel-release.ts";
import type { LoggedMask } from "../records/logged-mask.ts";

/** A mask in words, by the table of the kernel that printed it. */
export interface DecodedMask {
	/** Id of the era of gfp layouts, such as `6.10` (see GFP_ERAS of @pagelab/gfp). */
	readonly era: string;
	/**
	 * The era is that of the kernel's version, or the one whose names are the printed ones: where the version is not known,
	 * and where a vendor's or development kernel has another layout than its version says.
	 */
	readonly eraFrom: "kernel" | "names";
	/** As that kernel prints it, such as `GFP_KERNEL|__GFP_COMP`; up to 4.5, which print no names here, as a trace event. */
	readonly text: string;
	/** Single flags without `__GFP_`, such as `DIRECT_RECLAIM`, lowest bit first. */
	readonly flags: readonly string[];
	/** Bits that have no meaning in that era. */
	readonly unknownBits: number;
}

/** A gfp mask of a log line. */
export interface GfpMask extends LoggedMask {
	/** Null where neither the kernel's version nor the printed names tell the era. */
	readonly decoded: DecodedMask | null;
}

/** Configurations that change the numbers or names, the usual one first. */
const CONFIGS: readonly GfpConfig[] = [{}, { lockdep: true }, { kasanHwTags: true }, { slabObjExt: false }].flatMap(
	(config) => [config, { ...config, kmemcheck: true }],
);

/** Decodes a mask with the table of the kernel's version; printed names decide between configurations and correct the era. */
export function decodeMask(logged: LoggedMask, kernel: KernelRelease | null): GfpMask {
	const own = kernel === null ? undefined : eraOf(kernel);
	const layout = own === undefined ? undefined : layoutOf(own, logged);
	if (layout !== undefined) return { ...logged, decoded: decode(logged.mask, layout, "kernel") };
	// An empty pair of parentheses fits every era.
	const eras = logged.names === null || logged.names === "" ? [] : GFP_ERAS.toReversed();
	for (const era of eras) {
		const other = layoutOf(era, logged);
		if (other !== undefined) return { ...logged, decoded: decode(logged.mask, other, "names") };
	}
	return { ...logged, decoded: own === undefined ? null : decode(logged.mask, gfpLayoutOfEra(own), "kernel") };
}

/** True where printed names and mask fit no known kernel: one of the two is damaged. */
export const namesDisagree = ({ names, decoded }: GfpMask): boolean =>
	names !== null && names !== "" && (decoded === null || decoded.text !== names);

function eraOf({ release }: KernelRelease): GfpEra | undefined {
	try {
		return eraOfKernel(release);
	} catch (error) {
		// Kernels before the first known layout.
		if (error instanceof InputError) return undefined;
		throw error;
	}
}

/** The era's layout with a configuration that prints these names; any configuration where no names are printed. */
function layoutOf(era: GfpEra, { mask, names }: LoggedMask): GfpLayout | undefined {
	if (names === null) return gfpLayoutOfEra(era);
	if (!era.printkNames) return undefined;
	return CONFIGS.map((config) => gfpLayoutOfEra(era, config)).find(
		(layout) => formatGfpWith(layout, mask, "printk") === names,
	);
}

function decode(mask: number, layout: GfpLayout, eraFrom: DecodedMask["eraFrom"]): DecodedMask {
	const flags = [...layout.bits]
		.filter(([, bit]) => bit !== 0 && (mask & bit) >>> 0 === bit)
		.sort(([, a], [, b]) => a - b)
		.map(([name]) => name);
	return {
		era: layout.era.id,
		eraFrom,
		text: formatGfpWith(layout, mask, layout.era.printkNames ? "printk" : "trace"),
		flags,
		unknownBits: (mask & ~layout.definedBits) >>> 0,
	};
}
