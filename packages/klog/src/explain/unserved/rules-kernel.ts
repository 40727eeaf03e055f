import type { KernelRelease } from "../../records/kernel-release.ts";
import { decodeMask, type GfpMask } from "../../sections/decode-mask.ts";

/** Whose rules are taken where the log does not name its kernel. */
export interface RulesKernel {
	/** Null for the newest. */
	readonly kernel: KernelRelease | null;
	/** Why, as the end of a sentence; null where the log names it. */
	readonly assumption: string | null;
}

/** A kernel that prints masks without names is older than 4.6; 3.10 is the commonest of them. */
const BEFORE_NAMES: KernelRelease = { release: "3.10", version: [3, 10, 0] };

export function rulesKernel(kernel: KernelRelease | null, mask: GfpMask | null): RulesKernel {
	if (kernel !== null) return { kernel, assumption: null };
	if (mask !== null && mask.names === null && mask.mask !== 0)
		return { kernel: BEFORE_NAMES, assumption: "the mask has no names, as before 4.6: the rules of 3.10 are taken" };
	return { kernel: null, assumption: "the rules of the newest ones are taken" };
}

/** The mask decoded with the table of that kernel, where the log's own did not tell. */
export const rulesMask = (mask: GfpMask, { kernel }: RulesKernel): GfpMask =>
	mask.decoded === null && kernel !== null ? decodeMask(mask, kernel) : mask;
