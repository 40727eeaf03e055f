import { Streams } from "@pagelab/sim";

/** So many that both 2.5 % tails end on a whole rank: (9999 + 1) / 40 = 250. */
export const RESAMPLES = 9_999;

/** Which of `n` seeds are drawn, with replacement, in each of {@link RESAMPLES} resamples: `n` row numbers after another. */
export interface Resamples {
	readonly n: number;
	readonly rows: Uint32Array;
}

/**
 * Always the same draws for the same `n`: a report that is made again from the same samples has the same intervals. The
 * draws know nothing of designs, metrics or values.
 */
export function makeResamples(n: number): Resamples {
	const stream = new Streams("pagelab report").stream(`bootstrap of ${n}`);
	return { n, rows: Uint32Array.from({ length: RESAMPLES * n }, () => stream.int(0, n - 1)) };
}
