import { EVIDENCE } from "@pagelab/base";
import {
	COMPARISON_SCHEMA,
	type ComparisonJson,
	FAVOURS,
	METRIC_DIRECTIONS,
	METRIC_KINDS,
	METRIC_UNITS,
	OUTCOMES,
	type RankTest,
	type Statistic,
} from "@pagelab/report";
import { z } from "zod";

const STATISTICS = ["mean", "ratio", "p50", "p99", "max"] as const satisfies readonly Statistic[];
const RANK_TEST_METHODS = ["exact", "normal approximation"] as const satisfies readonly RankTest["method"][];

const number = (what: string): z.ZodNullable<z.ZodNumber> => z.number().nullable().describe(what);
const text = (what: string): z.ZodString => z.string().describe(what);
const texts = (what: string): z.ZodArray<z.ZodString> => z.array(z.string()).describe(what);

const value = z.strictObject({
	design: text("Id of the design."),
	value: number("Over all seeds; null where no run has a value."),
});

const rankTest = z.strictObject({
	pValue: z.number().min(0).max(1).describe("Two-sided p-value of Wilcoxon's signed-rank test."),
	holmPValue: z.number().min(0).max(1).describe("The same after Holm's correction for all tests of the comparison."),
	method: z.enum(RANK_TEST_METHODS).describe("How the p-value was found: by counting, or by an approximation."),
	nonZero: z.number().int().nonnegative().describe("Pairs that differ."),
});

const difference = z.strictObject({
	design: text("The design that is compared with the first one."),
	pairs: z.number().int().nonnegative().describe("Seeds under which both designs have a value."),
	estimate: number("Mean of the design's value minus that of the first design, pair by pair; null without pairs."),
	low: number("Lower bound of the 95 % interval over seeds; null with fewer than three pairs."),
	high: number("Upper bound of the 95 % interval over seeds."),
	rankTest: rankTest.nullable().describe("Null with fewer than six pairs, or where no pair differs."),
	outcome: z
		.enum(OUTCOMES)
		.describe("Whether the design is shown to differ from the first; undecided where too few seeds have a value."),
	favours: z
		.enum(FAVOURS)
		.describe("Whether the difference serves the user; neither where none is shown or no direction is better."),
	sentence: text("The verdict in words."),
});

const row = z.strictObject({
	statistic: z.enum(STATISTICS).describe("What of the metric stands in this row."),
	label: text("As the table prints it."),
	values: z.array(value).describe("One per design, in the order of the designs."),
	differences: z.array(difference).describe("One per design but the first."),
});

const metric = z.strictObject({
	id: text("Name of the metric for programs."),
	title: text("Name of the metric for people."),
	unit: z.enum(METRIC_UNITS).describe("What one unit is; a share is 0 to 1."),
	better: z.enum(METRIC_DIRECTIONS).describe("Which direction serves the user."),
	kind: z.enum(METRIC_KINDS).describe("What one run yields: a number, a ratio, or all raw values."),
	rows: z.array(row).describe("One for a number or a ratio; p50, p99 and max for raw values."),
});

const validity = z.strictObject({
	profile: text("Kernel profile, the same for all designs."),
	weakestEvidence: z
		.strictObject({
			evidence: z.enum(EVIDENCE).describe("How well the least known row of the profile is known."),
			rows: texts("The rows that are known no better."),
		})
		.describe("Weakest evidence among the profile rows used."),
	costModel: z
		.strictObject({
			id: text("Cost model."),
			calibratedOn: z.string().nullable().describe("Recording it is calibrated to; null: no times may be read off."),
		})
		.describe("How long a step takes."),
	knownErrors: texts("Where the model is known to deviate."),
	notRecorded: texts("What no recording covers."),
	notes: texts("Facts about this run."),
});

/** The JSON of `pagelab compare --json`. Published as schema/pagelab-comparison-1.json. */
export const comparisonSchema: z.ZodType<ComparisonJson> = z
	.strictObject({
		schema: z.literal(COMPARISON_SCHEMA).describe("Name and version of this schema."),
		command: texts("Arguments of the command that repeats the run."),
		profile: text("Kernel profile, the same for all designs."),
		workload: text("What ran, with the recording it replayed."),
		seeds: z.array(z.number().int()).describe("Seeds; under one seed all designs get the same random numbers."),
		designs: z
			.array(
				z.strictObject({
					id: text("Name of the design."),
					claim: text("What the design says is right."),
					source: text("Commit, mail or version that it is taken from."),
				}),
			)
			.describe("The first is the one that all others are compared with."),
		metrics: z.array(metric).describe("Everything that was measured."),
		validity: validity.describe("What a reader must know before believing the numbers."),
		warnings: texts("What a reader must not miss."),
		notes: texts("How to read the numbers."),
	})
	.describe("A comparison of allocator designs by pagelab.");

/** The schema as JSON Schema text, as it is published. */
export const comparisonSchemaText = (): string =>
	`${JSON.stringify({ $id: "pagelab-comparison-1", ...z.toJSONSchema(comparisonSchema) }, null, "\t")}\n`;
