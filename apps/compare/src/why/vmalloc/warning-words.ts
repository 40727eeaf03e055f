import { ALLOC_WARNING, type AllocWarning } from "@pagelab/contracts";
import { warningText } from "@pagelab/slow-path";

/** What vmalloc and kvmalloc say themselves. */
const WORDS: Partial<Record<AllocWarning, string>> = {
	[ALLOC_WARNING.VMALLOC_SIZE_ZERO]: "warns once: vmalloc of no bytes",
	[ALLOC_WARNING.KVMALLOC_TOO_LARGE]: "warns once: more than INT_MAX bytes",
	[ALLOC_WARNING.VMALLOC_UNEXPECTED_GFP]: "warns once: unexpected bits in the mask, which are dropped",
	[ALLOC_WARNING.VMALLOC_SPACE_FULL]: "says that there is no address space left",
	[ALLOC_WARNING.VMALLOC_BUG]: "BUG()",
};

const NAMES = Object.entries(ALLOC_WARNING);

/** A warning in words, or by its name. */
export function warningWords(warning: AllocWarning): string {
	const ofPages = warningText(warning);
	if (ofPages !== undefined) return `warns once: ${ofPages}`;
	return WORDS[warning] ?? `warns: ${NAMES.find(([, value]) => value === warning)?.[0] ?? warning}`;
}
