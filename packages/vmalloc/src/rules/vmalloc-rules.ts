import { InputError, nearestName } from "@pagelab/base";
import type { VmallocRules } from "@pagelab/contracts";
import { rulesA } from "./rules-a.ts";
import { rulesB } from "./rules-b.ts";
import { rulesC } from "./rules-c.ts";
import { rulesD } from "./rules-d.ts";

/** The rules of the kernel, oldest first; rules from elsewhere need no entry here. */
export const VMALLOC_RULES: readonly VmallocRules[] = [rulesA, rulesB, rulesC, rulesD];

const namesOf = ({ id, kernels }: VmallocRules): readonly string[] => [id, ...kernels];

/**
 * Rules by id or by a release that has them: `C`, `6.19`, `v7.0`.
 *
 * @throws InputError with the nearest name, or all of them.
 */
export function findVmallocRules(name: string): VmallocRules {
	const wanted = name.replace(/^v(?=\d)/, "").toUpperCase();
	const found = VMALLOC_RULES.find((rules) => namesOf(rules).includes(wanted));
	if (found !== undefined) return found;
	const known = VMALLOC_RULES.flatMap(namesOf);
	// One letter is near to every other one.
	const near = wanted.length > 1 ? nearestName(wanted, known) : undefined;
	const hint = near === undefined ? `expected one of ${known.join(", ")}` : `did you mean ${near}?`;
	throw new InputError(`unknown vmalloc rule "${name}", ${hint}`);
}
