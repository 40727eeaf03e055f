export * from "./alloc-flags.ts";
export * from "./bits.ts";
export { decodeGfp, type DecodedGfp, flagsOf } from "./decode-gfp.ts";
export { gfpConfigsOfEra } from "./era-configs.ts";
export * from "./era-tables.ts";
export { erasOfMask, fitEras, type GfpFit, releasesOfEras } from "./fit-eras.ts";
export * from "./format-gfp.ts";
export * from "./gfp-era.ts";
export {
	DEFAULT_GFP_CONFIG,
	DEFAULT_GFP_KERNEL,
	type GfpConfig,
	type GfpKernel,
	type GfpLayout,
	gfpLayout,
	gfpLayoutOfEra,
	type NamedMask,
} from "./gfp-layout.ts";
export { GFP_KERNEL_IDS, type GfpKernelId, type GfpProfile, gfpProfile, parseGfpKernelId } from "./gfp-profile.ts";
export { type InternalMasks, internalMasks } from "./internal-masks.ts";
export * from "./legality/index.ts";
export * from "./migratetype.ts";
export * from "./parse-gfp.ts";
export { DEFAULT_THP_DEFRAG, THP_DEFRAG, type ThpArea, type ThpDefrag, thpFaultGfp } from "./thp-gfp.ts";
export * from "./zone.ts";
