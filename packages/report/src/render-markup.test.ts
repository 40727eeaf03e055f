import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMarkup } from "../../../tools/lib/read-markup.ts";
import { compareDesigns } from "./compare-designs.ts";
import type { Comparison } from "./comparison.ts";
import { exampleRun } from "./example-run.fixture.ts";
import { renderHtml } from "./render-html.ts";
import { renderSvgSummary } from "./render-svg-summary.ts";
import { drops, runOf, steps } from "./small-run.fixture.ts";

const example = compareDesigns(exampleRun());
const renderers = [
	["HTML", renderHtml],
	["SVG", renderSvgSummary],
] as const;

test("the checker finds what it is for", () => {
	expect(() => readMarkup("<p><b></p></b>")).toThrow("closes another element");
	expect(() => readMarkup("<p>a & b</p>")).toThrow("a bare &");
	expect(() => readMarkup('<p class="x" class="y"></p>')).toThrow("twice");
	expect(() => readMarkup("<p class=x></p>")).toThrow("not well-formed");
	expect(() => readMarkup("<p>")).toThrow("not closed");
	expect(readMarkup('<p class="x"><br></p>')).toHaveLength(2);
});

describe.each(renderers)("%s", (_name, render) => {
	test("is well-formed, without script, handler or any outside reference", () => {
		const markup = render(example);
		const elements = readMarkup(markup);
		expect(elements.some((e) => e.name === "script")).toBe(false);
		for (const { attributes } of elements) {
			expect(Object.keys(attributes).filter((a) => /^(on|src|href|xlink)/.test(a))).toEqual([]);
		}
		expect(markup.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|url\(|@import/);
	});

	test("escapes every text, whatever it is", () => {
		const nasty = fc.oneof(
			fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
			fc.constantFrom("</style><script>alert(1)</script>", `" onload="x`, "]]>", "&amp;", "<!--", "'"),
		);
		fc.assert(
			fc.property(
				fc.uniqueArray(nasty, { minLength: 2, maxLength: 3 }),
				fc.array(nasty, { minLength: 6, maxLength: 6 }),
				(ids, texts) => {
					const [t0 = "", t1 = "", t2 = "", t3 = "", t4 = "", t5 = ""] = texts;
					const values = Object.fromEntries(ids.map((id, i) => [id, [1 + i, 3 * i, 2]]));
					const run = runOf([{ ...drops, title: t0 }, values]);
					const comparison = compareDesigns({
						...run,
						command: texts,
						profile: t1,
						workload: t2,
						designs: run.designs.map((d) => ({ ...d, claim: t3, source: t4 })),
						warnings: [t5],
						validity: { ...run.validity, notes: texts },
					});
					expect(shapeOf(render(comparison))).toEqual(shapeOf(render(plain(comparison))));
				},
			),
			{ numRuns: 60 },
		);
	});

	test("survives one design, no metric and no value", () => {
		const one = compareDesigns(runOf([drops, { only: [1, 2] }]));
		const none = compareDesigns({ ...runOf([steps, { a: [[], []], b: [[], []] }]) });
		for (const comparison of [one, none, { ...none, metrics: [] }]) {
			expect(readMarkup(render(comparison)).length).toBeGreaterThan(3);
			expect(render(comparison)).not.toMatch(/NaN|undefined|Infinity|null/);
		}
	});
});

/** Names of all elements in order and of their attributes: what no text of the input may change. */
function shapeOf(markup: string): string[] {
	return readMarkup(markup).map((e) => `${e.name} ${Object.keys(e.attributes).join(" ")}`);
}

/** The same comparison with every text replaced by a harmless one. */
function plain(comparison: Comparison): Comparison {
	return JSON.parse(JSON.stringify(comparison), (key, value: unknown) =>
		typeof value === "string" && !["unit", "better", "kind", "outcome", "favours", "statistic"].includes(key)
			? "x"
			: value,
	) as Comparison;
}

describe("HTML tables", () => {
	const html = renderHtml(example);

	test("have a caption, column heads and a row head in every row", () => {
		const elements = readMarkup(html);
		const count = (name: string): number => elements.filter((e) => e.name === name).length;
		expect(count("table")).toBe(3);
		expect(count("caption")).toBe(3);
		// One row of heads per table, eleven rows of values, eleven differences of each of two designs.
		expect(count("tr")).toBe(3 + 3 * 11);
		expect(elements.filter((e) => e.attributes["scope"] === "row")).toHaveLength(3 * 11);
		expect(elements.filter((e) => e.attributes["scope"] === "col")).toHaveLength(4 + 6 + 6);
	});

	test("say every verdict of a plot for screen readers", () => {
		const labels = readMarkup(html).flatMap((e) => (e.name === "svg" ? [e.attributes["aria-label"]] : []));
		const sentences = example.metrics.flatMap((m) => m.rows.flatMap((r) => r.differences.map((d) => d.sentence)));
		expect(new Set(labels)).toEqual(new Set(sentences));
		expect(labels).toHaveLength(sentences.length);
	});
});

describe("interval plots", () => {
	const svgOf = (a: number[], b: number[]): string => renderSvgSummary(compareDesigns(runOf([drops, { a, b }])));
	const xOf = (svg: string): number => Number(/circle cx="([\d.]+)"/.exec(svg)?.[1]);

	test("0 is in the middle, more is right, fewer is left", () => {
		expect(xOf(svgOf([1, 2, 3], [1, 2, 3]))).toBe(100);
		expect(xOf(svgOf([1, 2, 3], [9, 12, 11]))).toBeGreaterThan(100);
		expect(xOf(svgOf([9, 12, 11], [1, 2, 3]))).toBeLessThan(100);
	});

	test("the farther end of the interval reaches the margin, the estimate stands in proportion", () => {
		// Differences 2, 2, 2: a point at the margin, 94 px right of the middle.
		expect(xOf(svgOf([1, 2, 3], [3, 4, 5]))).toBe(194);
	});

	test("what does not survive Holm's correction has a star, and the star is explained", () => {
		// Three equal metrics of six seeds: p = 2 / 64 each, 3 x 2 / 64 = 0.094 corrected.
		const values = { a: [1, 2, 3, 4, 5, 6], b: [9, 9, 9, 9, 9, 9] };
		const named = (id: string) => ({ ...drops, id });
		const one = renderSvgSummary(compareDesigns(runOf([named("x"), values])));
		const three = renderSvgSummary(
			compareDesigns(runOf([named("x"), values], [named("y"), values], [named("z"), values])),
		);
		expect(one).not.toMatch(/\) \*|Holm/);
		expect(three.match(/\) \*</g)).toHaveLength(3);
		expect(three).toContain("* does not survive Holm&#39;s correction");
	});

	test("a dot is hollow unless a difference is shown", () => {
		expect(svgOf([1, 2, 3], [1, 2, 3])).toContain('<g class="none">');
		expect(svgOf([1, 2, 3], [9, 12, 11])).toContain('<g class="worse">');
		expect(svgOf([9, 12, 11], [1, 2, 3])).toContain('<g class="better">');
	});
});
