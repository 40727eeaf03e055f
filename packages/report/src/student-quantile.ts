import { invariant } from "@pagelab/base";

/** 97.5 % quantile of the normal distribution. */
export const NORMAL_QUANTILE_975 = 1.959963984540054;

/** 97.5 % quantiles of Student's distribution for 1 .. 9 degrees of freedom, where the series below is too coarse. */
const SMALL = [12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157] as const;

/**
 * 97.5 % quantile of Student's t, to 2e-5 (Fisher and Cornish's expansion in 1 / degrees; published tables have three
 * decimals). Not from a library: \@stdlib's quantile brings 69 more packages.
 * @param degrees of freedom, an integer from 1.
 */
export function studentQuantile975(degrees: number): number {
	invariant(Number.isInteger(degrees) && degrees >= 1, "degrees of freedom are an integer from 1");
	const small = SMALL[degrees - 1];
	if (small !== undefined) return small;
	const z = NORMAL_QUANTILE_975;
	const z2 = z * z;
	const terms = [
		((z2 + 1) * z) / 4,
		(((5 * z2 + 16) * z2 + 3) * z) / 96,
		((((3 * z2 + 19) * z2 + 17) * z2 - 15) * z) / 384,
		(((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) * z) / 92_160,
	];
	return z + terms.reduceRight((sum, term) => (sum + term) / degrees, 0);
}
