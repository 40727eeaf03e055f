import type { Difference } from "./comparison.ts";
import { SIGNIFICANCE } from "./verdict.ts";

/**
 * A word in front of a finding: `better`, `worse` or `differs` where a difference is shown, with `*` when it does not
 * survive Holm's correction; `=` where none is shown, `?` where nothing can be said.
 */
export function verdictMark({ outcome, favours, rankTest }: Difference): string {
	if (outcome === "undecided") return "?";
	if (outcome === "no difference shown") return "=";
	const star = rankTest !== null && rankTest.holmPValue > SIGNIFICANCE ? "*" : "";
	return `${favours === "neither" ? "differs" : favours}${star}`;
}
