import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareDesigns } from "./compare-designs.ts";
import { exampleRun } from "./example-run.fixture.ts";
import { METRIC_UNITS } from "./metric-definition.ts";
import { renderTable } from "./render-table.ts";
import { drops, runOf, steps, success, timesOf } from "./small-run.fixture.ts";

/** Blocks whose characters every terminal draws two columns wide, written down apart from the code under test. */
const WIDE =
	/[\u1100-\u115f\u3041-\u3096\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]|[\u{1f600}-\u{1f64f}]|[\u{20000}-\u{2fffd}]/u;
const columnsOf = (line: string): number => Array.from(line).reduce((sum, c) => sum + (WIDE.test(c) ? 2 : 1), 0);

function widest(text: string): number {
	return Math.max(...text.split("\n").map(columnsOf));
}

const tiny = runOf(
	[drops, { before: [10, 12, 11, 10, 13, 10], after: [22, 24, 23, 22, 25, 22] }],
	[
		success,
		{
			before: timesOf(6, { numerator: 1, denominator: 2 }),
			after: timesOf(6, { numerator: 1, denominator: 4 }),
		},
	],
	[steps, { before: timesOf(6, [1, 2, 3000]), after: timesOf(6, [1, 2, 3000]) }],
);

test("the whole table of a small run", () => {
	const run = {
		...tiny,
		warnings: ["fewer than 50 failed first attempts in design before, because the run is this small"],
		validity: { ...tiny.validity, knownErrors: ["free counts 2 %"], notes: ["3 recorded frees skipped"] },
	};
	expect(renderTable(compareDesigns(run))).toBe(`pagelab comparison
  profile      v6.12.117
  workload     test
  seeds        1-6 (6 runs per design)

designs
  1. before: claim of before (test)
  2. after: claim of after (test)

                                             before        after
drops of the lock                                11           23
success rate                                 50.0 %       25.0 %
steps under the lock, p50                         2            2
                      p99                     3,000        3,000
                      max                     3,000        3,000

after against before (95 % intervals in brackets)
  worse*   drops the lock 12 more times per run (12 to 12)
  worse*   success rate lower by 25 percentage points (25 to 25)
  =        steps under the lock, p50: no difference shown (identical in all
           seeds)
  =        steps under the lock, p99: no difference shown (identical in all
           seeds)
  =        steps under the lock, max: no difference shown (identical in all
           seeds)

how to read this
  Every design is compared with before, run by run under the same seed;
  intervals are 95 % bootstrap intervals over 6 seeds. A difference is shown
  where the interval leaves out 0 and Wilcoxon's signed-rank test gives p <=
  0.05 too.
  p50, p99 and max are exact (nearest rank) over the raw values of all seeds;
  their differences are means of what single runs give.
  2 rank tests were made; if no design differed, 0.1 of them on average, at
  most, would show a difference by chance. With 6 seeds none can survive Holm's
  correction for so many tests (hence the *); 7 seeds could.

validity
  profile      v6.12.117
  evidence     at its weakest recorded
  costs        unit steps, not calibrated: no times can be read off
  errors       free counts 2 %
  not covered  none stated
  note         3 recorded frees skipped

warnings
  ! fewer than 50 failed first attempts in design before, because the run is
    this small

repeat with
pagelab compare
`);
});

describe("more than four designs", () => {
	const ids = [
		"a",
		"b",
		"c",
		"d",
		"e-with-a-name-that-no-column-of-this-table-holds-1",
		"e-with-a-name-that-no-column-of-this-table-holds-2",
	];
	const text = renderTable(compareDesigns(exampleRun([1, 2, 3, 4, 5, 6], ids)));

	test("stand below each other, percentiles beside each other, cut names told apart by number", () => {
		expect(text).toMatch(/\nsteps taken under the lock +p50 +p99 +max\n {2}a +3 +\d+ +\d+\n/);
		expect(text).toMatch(/\n {2}5\.e-with-a-name-that-no-column-o… +\d/);
		expect(text).toMatch(/\n {2}6\.e-with-a-name-that-no-column-o… +\d/);
		expect(widest(text)).toBeLessThanOrEqual(80);
	});

	test("are each compared with the first", () => {
		for (const id of ["b", "c", "d"]) expect(text).toContain(`\n${id} against a (95 % intervals`);
		expect(text).toMatch(/\n5\.e-with-a-name-that-no-column-of-this-t… against a \(95 % intervals in brackets\)\n/);
		expect(text).toMatch(/\n6\.e-with-a-name-that-no-column-of-this-t… against a \(95 % intervals in brackets\)\n/);
	});
});

test("values too large for a column are cut with an ellipsis, never the line", () => {
	const large = [1.5e14 + 0.5, 1.5e14 + 0.25];
	const text = renderTable(compareDesigns(runOf([drops, { a: large, b: large, c: large, d: large }])));
	expect(text).toMatch(/drops of the lock +(150,000,000…|150,000,000,[0…]+)/);
	expect(widest(text)).toBeLessThanOrEqual(80);
});

test("a blank title leaves no blank at the end of a line", () => {
	const blank = { ...drops, title: " " };
	for (const ids of ["ab", "abcde"]) {
		const text = renderTable(compareDesigns(runOf([blank, Object.fromEntries(Array.from(ids, (id) => [id, [0]]))])));
		expect(text).not.toMatch(/ \n/);
	}
});

test("no line is wider than 80 columns and no control character is printed, whatever names and numbers", () => {
	const name = fc.oneof(
		fc.string({ unit: "binary", minLength: 1, maxLength: 90 }),
		fc.string({ unit: "grapheme", minLength: 1, maxLength: 90 }),
	);
	const size = fc.double({ min: -1e300, max: 1e300, noNaN: true });
	const anyRun = fc.record({
		ids: fc.uniqueArray(name, { minLength: 1, maxLength: 7 }),
		texts: fc.array(name, { minLength: 8, maxLength: 8 }),
		command: fc.array(name, { minLength: 1, maxLength: 5 }),
		unit: fc.constantFrom(...METRIC_UNITS),
		values: fc.array(size, { minLength: 28, maxLength: 28 }),
		seeds: fc.integer({ min: 1, max: 4 }),
	});
	fc.assert(
		fc.property(anyRun, ({ ids, texts, command, unit, values, seeds }) => {
			const [t0 = "", t1 = "", t2 = "", t3 = "", t4 = "", t5 = "", t6 = "", t7 = ""] = texts;
			const perDesign = Object.fromEntries(ids.map((id, i) => [id, values.slice(i * seeds, (i + 1) * seeds)]));
			// Ids that look like integers would be put in another order by the object.
			fc.pre(Object.keys(perDesign).every((id, i) => id === ids[i]));
			const scalar = {
				id: "x",
				title: t0,
				unit: unit === "share" ? "count" : unit,
				better: "lower",
				kind: "scalar",
			} as const;
			const raw = Object.fromEntries(Object.entries(perDesign).map(([id, v]) => [id, v.map((x) => [x, x / 2, 0])]));
			const base = runOf([scalar, perDesign], [{ ...scalar, id: "y", title: t1, unit, kind: "distribution" }, raw]);
			const text = renderTable(
				compareDesigns({
					...base,
					command,
					profile: t2,
					workload: t3,
					designs: base.designs.map((d) => ({ ...d, claim: t4, source: t5 })),
					warnings: [t6, ""],
					validity: {
						...base.validity,
						profile: t7,
						notRecorded: texts,
						notes: texts,
						weakestEvidence: { evidence: "inferred", rows: texts },
					},
				}),
			);
			expect(widest(text)).toBeLessThanOrEqual(80);
			expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\p{Cs}/u);
			expect(text).not.toMatch(/ \n/);
		}),
		{ numRuns: 60 },
	);
});
