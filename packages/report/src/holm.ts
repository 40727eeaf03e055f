/**
 * Holm's step-down adjustment: an adjusted value of at most 0.05 stays convincing although so many tests were made.
 * @returns in the order of the input, each at least its p-value and at most 1.
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
	const order = pValues.map((_, i) => i).sort((a, b) => (pValues[a] ?? 0) - (pValues[b] ?? 0));
	const adjusted = pValues.map(() => 1);
	let highest = 0;
	for (const [place, i] of order.entries()) {
		highest = Math.max(highest, Math.min(1, (pValues.length - place) * (pValues[i] ?? 1)));
		adjusted[i] = highest;
	}
	return adjusted;
}

/** The fewest seeds with which an exact rank test can survive Holm's correction for this many tests at 5 %. */
export function seedsToSurviveHolm(tests: number): number {
	let seeds = 1;
	for (let smallest = 1; smallest * tests > 0.05; smallest /= 2) seeds++;
	return seeds;
}
