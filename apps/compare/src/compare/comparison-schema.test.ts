import { readFileSync } from "node:fs";
import { postRevert, preRevert } from "@pagelab/designs";
import { type ComparisonJson, comparisonJson } from "@pagelab/report";
import { expect, test } from "vitest";
import { z } from "zod";
import { expectDocumented, objectsIn, type SchemaNode } from "../cli/json-schema.fixture.ts";
import { comparisonSchema, comparisonSchemaText } from "./comparison-schema.ts";
import { compare, SHORT } from "./short-comparison.fixture.ts";

/** Through text, as a reader gets it. */
const asRead = (json: ComparisonJson): ComparisonJson => JSON.parse(JSON.stringify(json)) as ComparisonJson;

const real = asRead(
	comparisonJson(compare({ designs: [preRevert, postRevert], foreground: { ...SHORT, tasks: 2, untilMs: 2300 } })),
);

test("the published schema is current", () => {
	const published = readFileSync(new URL("../../schema/pagelab-comparison-1.json", import.meta.url), "utf8");
	expect(JSON.parse(published), "write it anew with tools/schemas/write-comparison-schema.ts").toEqual(
		JSON.parse(comparisonSchemaText()),
	);
});

test("a real comparison fits, whole", () => {
	expect(comparisonSchema.parse(real)).toEqual(real);
});

const objects = objectsIn(z.toJSONSchema(comparisonSchema) as SchemaNode);

test("every property is documented, required, and the only one of its name", () => {
	expect(objects.map(([path]) => path)).toContain("$.metrics.[].rows.[].differences.[].rankTest.|0");
	expectDocumented(objects, /^[A-Z].*\.$/);
});

test.each([
	["a property too many", { ...real, more: 1 }],
	["another version", { ...real, schema: "pagelab-comparison-2" }],
	["no seeds", { ...real, seeds: undefined }],
	["a number as text", { ...real, metrics: [{ ...real.metrics[0], rows: [{ label: "x", values: "1" }] }] }],
	["an unknown unit", { ...real, metrics: [{ ...real.metrics[0], unit: "furlongs" }] }],
])("%s does not fit", (_, json) => {
	expect(comparisonSchema.safeParse(json).success).toBe(false);
});
