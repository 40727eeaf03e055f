import { InputError, nearestName } from "@pagelab/base";
import type { SizePolicy } from "@pagelab/contracts";
import { fixedCap } from "./fixed-cap.ts";
import { intMax } from "./int-max.ts";
import { kernelLimits } from "./kernel-limits.ts";
import { orderOne } from "./order-one.ts";
import { shareOfMemory } from "./share-of-memory.ts";

/** All size policies of this package with their options as they are unless told. */
export const SIZE_POLICIES: readonly SizePolicy[] = [kernelLimits, intMax, shareOfMemory(), fixedCap(), orderOne];

/** Policies with options, as text: `share-1-of-4`, `cap-1048576`. */
function withOptions(id: string): SizePolicy | undefined {
	const share = /^share-(\d{1,9})-of-(\d{1,9})$/.exec(id);
	if (share !== null) return shareOfMemory({ parts: Number(share[1]), of: Number(share[2]) });
	const cap = /^cap-(\d{1,15})$/.exec(id);
	return cap === null ? undefined : fixedCap(Number(cap[1]));
}

/** @throws InputError for an id that does not exist, with the nearest, and for impossible options. */
export function findSizePolicy(id: string): SizePolicy {
	const found = SIZE_POLICIES.find((policy) => policy.id === id) ?? withOptions(id);
	if (found !== undefined) return found;
	const ids = SIZE_POLICIES.map((policy) => policy.id);
	const near = nearestName(id, ids);
	const hint = near === undefined ? `expected one of ${ids.join(", ")}` : `did you mean ${near}?`;
	throw new InputError(`unknown size policy "${id}", ${hint}`);
}
