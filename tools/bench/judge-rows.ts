import type { BenchRow } from "./manifest.ts";

/** What each round measured for a row; `anchor` is absent where there was none. */
export interface Sample {
	readonly value: number;
	readonly anchor: number | undefined;
}

export interface JudgedRow {
	readonly package: string;
	readonly name: string;
	readonly unit: string;
	readonly judge: "ratio" | "value";
	readonly better: "lower" | "higher";
	readonly value: number;
	readonly anchor: number | null;
	readonly ratio: number | null;
	readonly gate: number | null;
	readonly goal: number | null;
	/** null where there is no gate, or the anchor that it is about could not be run. */
	readonly gateMet: boolean | null;
	readonly goalMet: boolean | null;
	readonly note: string | null;
}

/** Middle value, or the mean of the two middle ones; of at least one number. */
export function median(numbers: ReadonlyArray<number>): number {
	const sorted = numbers.toSorted((a, b) => a - b);
	const half = sorted.length >> 1;
	const upper = sorted[half];
	if (upper === undefined) throw new RangeError("the median of no numbers");
	return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2;
}

const medianOrNull = (numbers: ReadonlyArray<number>): number | null => (numbers.length === 0 ? null : median(numbers));

function meets(measured: number | null, bound: number | null, better: "lower" | "higher"): boolean | null {
	if (measured === null || bound === null) return null;
	return better === "lower" ? measured <= bound : measured >= bound;
}

/** Samples of a row that divides two others, round by round. */
export const quotientSamples = (dividend: ReadonlyArray<Sample>, divisor: ReadonlyArray<Sample>): Sample[] =>
	dividend.flatMap((sample, round) => {
		const below = divisor[round];
		return below === undefined ? [] : [{ value: sample.value / below.value, anchor: undefined }];
	});

/** Medians over rounds, and whether gate and goal are met; the ratio is the median of the rounds' ratios. */
export function judgeRow(row: BenchRow, samples: ReadonlyArray<Sample>): JudgedRow {
	const anchors = samples.flatMap((sample) => sample.anchor ?? []);
	const ratios = samples.flatMap((sample) => (sample.anchor === undefined ? [] : sample.value / sample.anchor));
	const value = median(samples.map((sample) => sample.value));
	const ratio = medianOrNull(ratios);
	const measured = row.judge === "ratio" ? ratio : value;
	return {
		package: row.package,
		name: row.name,
		unit: row.unit,
		judge: row.judge,
		better: row.better,
		value,
		anchor: medianOrNull(anchors),
		ratio,
		gate: row.gate,
		goal: row.goal,
		gateMet: meets(measured, row.gate, row.better),
		goalMet: meets(measured, row.goal, row.better),
		note: row.note,
	};
}
