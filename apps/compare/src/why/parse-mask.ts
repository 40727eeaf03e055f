import { InputError, type KernelId } from "@pagelab/base";
import { gfpHex, gfpLayout, parseGfp } from "@pagelab/gfp";
import { type ContextRule, memallocProfile, parseTaskFlags } from "@pagelab/memalloc";

/**
 * A mask in the spelling of a kernel.
 *
 * @throws InputError for flags and bits that it does not have.
 */
export function parseMask(text: string, kernel: KernelId): number {
	const mask = parseGfp(text, { kernel });
	const undefinedBits = (mask & ~gfpLayout({ kernel }).definedBits) >>> 0;
	if (undefinedBits === 0) return mask;
	throw new InputError(`--gfp ${text} has bits that ${kernel} does not define: ${gfpHex(undefinedBits)}`);
}

/** Task flags of a side; a flag that only the other side's kernel knows is a bit without effect here. */
export function parseScope(
	text: string,
	kernel: KernelId,
	rules: readonly ContextRule[],
	others: readonly KernelId[],
): number {
	const alsoFlags = rules.reduce((flags, rule) => flags | rule.scopeFlags, 0);
	for (const id of [kernel, ...others]) {
		try {
			return parseTaskFlags(text, { kernel: id, alsoFlags });
		} catch (error) {
			if (id === others.at(-1) || others.length === 0) throw error;
		}
	}
	return 0;
}

/** The scope rule of a kernel. */
export const profileRule = (kernel: KernelId): ContextRule => memallocProfile(kernel).contextRule.value;
