import { expect, test } from "vitest";
import { BenchInputError, parseManifest } from "./manifest.ts";

const parse = (rows: unknown): ReturnType<typeof parseManifest> =>
	parseManifest(JSON.stringify(rows), "@pagelab/x", "x/bench/manifest.json");

const row = { name: "pairs", bench: "x.bench.ts", args: ["pairs"], gate: 25, goal: 15 };

test("a row without anchor is judged by its value, in nanoseconds, lower being better", () => {
	expect(parse([row])).toEqual([
		{
			kind: "measured",
			package: "@pagelab/x",
			name: "pairs",
			bench: "x.bench.ts",
			args: ["pairs"],
			anchor: undefined,
			unit: "ns",
			judge: "value",
			better: "lower",
			gate: 25,
			goal: 15,
			note: null,
		},
	]);
});

test("a note is kept, and must not be empty", () => {
	expect(parse([{ ...row, note: "half full" }])[0]).toMatchObject({ note: "half full" });
	expect(() => parse([{ ...row, note: "" }])).toThrow('"note" must be a non-empty string');
});

test("an anchor makes the ratio what is judged, unless the row says value", () => {
	const anchor = { dir: "alloc", args: ["pairs", "4", "2e7"] };
	const [byRatio, byValue] = parse([
		{ ...row, anchor },
		{ ...row, name: "other", anchor, judge: "value" },
	]);
	expect(byRatio).toMatchObject({ judge: "ratio", anchor: { ...anchor, source: "bench.c", field: "ns", scale: 1 } });
	expect(byValue).toMatchObject({ judge: "value" });
});

test("a row without gate and goal is only looked at", () => {
	expect(parse([{ ...row, gate: undefined, goal: undefined }])[0]).toMatchObject({ gate: null, goal: null });
});

test("the source of an anchor is the file named like its folder", () => {
	const sourceOf = (dir: string): unknown => parse([{ ...row, anchor: { dir, args: [] } }])[0];
	expect(sourceOf("des")).toMatchObject({ anchor: { source: "des.cpp" } });
	expect(sourceOf("trace")).toMatchObject({ anchor: { source: "trace.c" } });
});

test.each([
	["{}", "a manifest is an array of rows"],
	["[1]", "row 1: a row must be an object"],
	["[", "not JSON"],
	[JSON.stringify([row, row]), 'two rows are named "pairs"'],
	[JSON.stringify([{ ...row, gates: 3 }]), 'row 1: unknown field "gates"'],
	[JSON.stringify([{ ...row, gate: "25" }]), '"gate" must be a positive number'],
	[JSON.stringify([{ ...row, goal: 0 }]), '"goal" must be a positive number'],
	[JSON.stringify([{ ...row, name: "n".repeat(29) }]), "more than 28 characters"],
	[JSON.stringify([{ ...row, judge: "ratio" }]), 'needs an "anchor"'],
	[JSON.stringify([{ ...row, better: "faster" }]), '"better" must be one of lower, higher'],
	[JSON.stringify([{ ...row, bench: undefined }]), '"bench" must be a non-empty string'],
	[JSON.stringify([{ ...row, args: [4] }]), '"args" must be an array of strings'],
	[
		JSON.stringify([row, { name: "g", quotient: ["pairs", "none"], gate: 1, goal: 1 }]),
		'no measured row is named "none"',
	],
	[JSON.stringify([row, { name: "g", quotient: ["pairs"], gate: 1, goal: 1 }]), "must name two rows"],
])("refuses %s", (text, message) => {
	const read = (): unknown => parseManifest(text, "@pagelab/x", "x/bench/manifest.json");
	expect(read).toThrow(BenchInputError);
	expect(read).toThrow(message);
	expect(read).toThrow(/^x\/bench\/manifest\.json: /);
});
