import { InputError, nearestName } from "@pagelab/base";
import type { Design } from "@pagelab/contracts";
import { naiveNofs } from "./naive-nofs.ts";
import { postRevert } from "./post-revert.ts";
import { preRevert } from "./pre-revert.ts";

/** All designs, in the order of a comparison that names none. */
export const DESIGNS: readonly Design[] = [preRevert, postRevert, naiveNofs];

/** @throws InputError for an unknown id, with the nearest known one. */
export function findDesign(id: string): Design {
	const design = DESIGNS.find((d) => d.id === id);
	if (design !== undefined) return design;
	const known = DESIGNS.map((d) => d.id);
	const near = nearestName(id, known);
	const hint = near === undefined ? `expected one of ${known.join(", ")}` : `did you mean "${near}"?`;
	throw new InputError(`unknown design "${id}", ${hint}`);
}
