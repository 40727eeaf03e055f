import { InputError, PAGE_SIZE } from "@pagelab/base";
import { SIZE_VERDICT, type SizePolicy } from "@pagelab/contracts";

/** P5b: `parts` of `of` of all managed memory, with and without __GFP_NOFAIL; half unless told. */
export interface ShareOfMemoryOptions {
	readonly parts?: number;
	readonly of?: number;
}

const isCount = (n: number): boolean => Number.isSafeInteger(n) && n >= 1;

/** P5b: one limit that grows with the machine. @throws InputError for a share that is no part of memory. */
export function shareOfMemory({ parts = 1, of = 2 }: ShareOfMemoryOptions = {}): SizePolicy {
	if (!isCount(parts) || !isCount(of) || parts > of) {
		throw new InputError(`${parts}/${of} is no share of memory, expected whole numbers such as 1/2, at most 1`);
	}
	const limit = (totalPages: number): number => Math.max(PAGE_SIZE, Math.floor((totalPages * parts) / of) * PAGE_SIZE);
	return {
		id: `share-${parts}-of-${of}`,
		claim: "Too big depends on the machine, and is the same for those who may fail and those who may not.",
		proposedBy: "Overstreet; it has gone wrong before says Hocko (H9)",
		source: "thread.md §2 K8, K11, H9, §3 P5; sizes-and-limits.md §3 P5b",
		sameForNofail: true,
		judge: ({ bytes, totalPages }) => (bytes > limit(totalPages) ? SIZE_VERDICT.REFUSE : SIZE_VERDICT.ALLOW),
	};
}
