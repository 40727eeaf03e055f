import { SIZE_VERDICT, type SizePolicy } from "@pagelab/contracts";

export const INT_MAX: number = 2 ** 31 - 1;

/** P5a: kvmalloc's limit for everybody. */
export const intMax: SizePolicy = {
	id: "int-max",
	claim: "No sane request is larger than an int can count.",
	proposedBy: "the kernel, for kvmalloc; too small for bcachefs says Overstreet (K9)",
	source: "thread.md §2 K8, K9, §3 P5; sizes-and-limits.md §3 P5a",
	sameForNofail: true,
	judge: ({ bytes }) => (bytes > INT_MAX ? SIZE_VERDICT.REFUSE : SIZE_VERDICT.ALLOW),
};
