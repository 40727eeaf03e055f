import type { Comparison } from "./comparison.ts";

/** `post-revert, naive-nofs against pre-revert`, not escaped. */
export function comparisonTitle({ designs }: Comparison): string {
	const [first = "", ...others] = designs.map((d) => d.id);
	return others.length === 0 ? first : `${others.join(", ")} against ${first}`;
}
