import { PAGE_SIZE } from "@pagelab/base";
import {
	SIZE_PATHS,
	SIZE_VERDICT,
	type SizePath,
	type SizePolicy,
	type SizeRequest,
	type SizeVerdict,
} from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { policyMasks } from "../policy-masks.ts";

/** One broken clause of the contract with the first request that shows it. */
export interface SizeViolation {
	readonly clause:
		| "answers every mask"
		| "answers the same twice"
		| "allows more than it refuses"
		| "refuses a single page"
		| "differs for __GFP_NOFAIL"
		| "changes the request";
	readonly request: SizeRequest;
}
type Clause = SizeViolation["clause"];

const VERDICTS: readonly unknown[] = Object.values(SIZE_VERDICT);
const GIB = 2 ** 30;
/** 512 MiB, 2 GiB, 256 GiB, 4 TiB. */
const TOTALS = [GIB / 2, 2 * GIB, 256 * GIB, 4096 * GIB].map((bytes) => bytes / PAGE_SIZE);

/** Every power of two with its neighbours, ascending, up to 2^50 bytes. */
const SIZES: readonly number[] = Array.from({ length: 51 }, (_, i) => 2 ** i)
	.flatMap((size) => [size - 1, size, size + 1])
	.filter((size) => size > 0)
	.sort((a, b) => a - b);

/** Judges all sizes of one kind of request. */
function* brokenClauses(
	policy: SizePolicy,
	kind: { readonly path: SizePath; readonly gfp: number; readonly totalPages: number },
): Generator<SizeViolation> {
	let refused = false;
	for (const bytes of SIZES) {
		const request = Object.freeze({ ...kind, bytes });
		const verdict: SizeVerdict = policy.judge(request);
		if (!VERDICTS.includes(verdict)) yield { clause: "answers every mask", request };
		if (policy.judge(request) !== verdict) yield { clause: "answers the same twice", request };
		if (refused && verdict === SIZE_VERDICT.ALLOW) yield { clause: "allows more than it refuses", request };
		refused ||= verdict !== SIZE_VERDICT.ALLOW;
		if (refused && bytes <= PAGE_SIZE) yield { clause: "refuses a single page", request };
		const other = { ...request, gfp: request.gfp ^ GFP.NOFAIL };
		if (policy.sameForNofail && policy.judge(other) !== verdict) yield { clause: "differs for __GFP_NOFAIL", request };
	}
}

/**
 * The contract of every size policy, tried on 8192 masks × paths × machines × sizes up to 2^50 bytes: in full for masks of
 * every kind, and at a few sizes for all. Returns the first request for each broken clause, so an empty array is a policy that
 * keeps it.
 */
export function sizePolicyViolations(policy: SizePolicy): readonly SizeViolation[] {
	const found = new Map<Clause, SizeViolation>();
	const note = (violation: SizeViolation): void => {
		if (!found.has(violation.clause)) found.set(violation.clause, violation);
	};
	const masks = [...policyMasks(0), ...policyMasks(GFP.NOFAIL)];
	for (const path of SIZE_PATHS) {
		for (const totalPages of TOTALS) {
			// Coprime to the number of masks, so that every kind has some of each bit.
			for (let i = 0; i < masks.length; i += 97) {
				const gfp = masks[i] as number;
				try {
					for (const violation of brokenClauses(policy, { path, gfp, totalPages })) note(violation);
				} catch (error) {
					if (!(error instanceof TypeError)) throw error;
					note({ clause: "changes the request", request: { path, gfp, totalPages, bytes: 1 } });
				}
			}
			for (const gfp of masks) {
				for (const bytes of [1, PAGE_SIZE, 4 * PAGE_SIZE, 2 ** 22, 2 ** 31, 2 ** 40]) {
					const request = { path, gfp, totalPages, bytes };
					if (!VERDICTS.includes(policy.judge(request))) note({ clause: "answers every mask", request });
				}
			}
		}
	}
	return [...found.values()];
}
