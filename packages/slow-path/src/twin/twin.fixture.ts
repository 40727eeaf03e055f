import { Streams } from "@pagelab/sim";
import { type LadderCase, randomLadderCase } from "./ladder-case.fixture.ts";
import { MAX_RUNGS, runModel } from "./run-model.fixture.ts";
import { runTable } from "./slowpath-table.fixture.ts";

/** The first case of a run in which the two take different rungs. */
export interface TwinDifference {
	readonly number: number;
	readonly case: LadderCase;
	readonly model: readonly string[];
	readonly table: readonly string[];
	readonly ends: readonly [model: string, table: string];
}

export interface TwinReport {
	readonly cases: number;
	readonly difference: TwinDifference | undefined;
	/** Cases in which each rung was taken with each outcome. */
	readonly seen: ReadonlyMap<string, number>;
	readonly ends: ReadonlyMap<string, number>;
}

const showSets = (_: string, value: unknown): unknown =>
	value instanceof Set ? `nodes ${[...value].join(",")}` : value;

/** A difference as text that is enough to repeat it. */
export const describeDifference = (d: TwinDifference | undefined): string | undefined =>
	d === undefined
		? undefined
		: [
				`case ${d.number}: ${JSON.stringify(d.case, showSets)}`,
				`model (${d.ends[0]}): ${d.model.join(", ")}`,
				`table (${d.ends[1]}): ${d.table.join(", ")}`,
			].join("\n");

/** Compares the implementation with the table on so many random cases of a seed. */
export function compareTwins(seed: number, cases: number): TwinReport {
	const stream = new Streams(seed).stream("ladder");
	const seen = new Map<string, number>();
	const ends = new Map<string, number>();
	for (let number = 0; number < cases; number++) {
		const c = randomLadderCase(stream);
		const model = runModel(c);
		const table = runTable(c, MAX_RUNGS);
		// One is cut in the middle of a wait, the other between two steps: then what both have counts.
		const isCut = model.end === "cut" || table.end === "cut";
		const length = isCut ? Math.min(model.rungs.length, table.rungs.length) : Number.POSITIVE_INFINITY;
		const rungs = model.rungs.slice(0, length);
		const expected = table.rungs.slice(0, length);
		const same = rungs.length === expected.length && rungs.every((rung, i) => rung === expected[i]);
		if (!same || (!isCut && model.end !== table.end)) {
			const difference = {
				number,
				case: c,
				model: model.rungs,
				table: table.rungs,
				ends: [model.end, table.end] as const,
			};
			return { cases: number, difference, seen, ends };
		}
		for (const rung of new Set(rungs.map((r) => r.replace(/ at .*/, "")))) seen.set(rung, (seen.get(rung) ?? 0) + 1);
		ends.set(model.end, (ends.get(model.end) ?? 0) + 1);
	}
	return { cases, difference: undefined, seen, ends };
}
