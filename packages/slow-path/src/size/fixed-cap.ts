import { InputError, PAGE_SIZE } from "@pagelab/base";
import { SIZE_VERDICT, type SizePolicy } from "@pagelab/contracts";

const MIB = 2 ** 20;
const DEFAULT_CAP_MIB = 64;

/** P5c: the same few MiB on every machine. @param bytes limit, a page or more. @throws InputError for less. */
export function fixedCap(bytes: number = DEFAULT_CAP_MIB * MIB): SizePolicy {
	if (!Number.isSafeInteger(bytes) || bytes < PAGE_SIZE) {
		throw new InputError(`${bytes} bytes are no limit for requests, expected ${PAGE_SIZE} or more`);
	}
	return {
		id: `cap-${bytes}`,
		claim: "What users are observed to need is a few MiB, whatever the machine.",
		proposedBy: "Hocko",
		source: "thread.md §2 H9, §3 P5; sizes-and-limits.md §3 P5c",
		sameForNofail: true,
		judge: (request) => (request.bytes > bytes ? SIZE_VERDICT.REFUSE : SIZE_VERDICT.ALLOW),
	};
}
