import { inferred, logged } from "@pagelab/klog";
import fc from "fast-check";
import { expect, test } from "vitest";
import { plainStyle } from "../../cli/style.ts";
import type { Block } from "../block.ts";
import { blockText } from "./block-text.ts";

const textOf = (...blocks: Block[]): string[] => blockText(blocks, plainStyle);

test("headings, sentences with what they rest on, tables and bars", () => {
	expect(
		textOf(
			{ kind: "heading", text: "Why" },
			{ kind: "statements", statements: [logged("One."), inferred("Two.")] },
			{
				kind: "table",
				columns: [
					{ title: "zone", align: "left" },
					{ title: "free", align: "right" },
				],
				rows: [
					["DMA", "7"],
					["DMA32", "1000"],
				],
			},
			{
				kind: "bars",
				total: 100,
				rows: [
					{ label: "half", value: 50, text: "50 kB" },
					{ label: "little", value: 1, text: "1 kB" },
					{ label: "debt", value: -5, text: "-5 kB" },
				],
			},
		),
	).toEqual([
		"Why",
		"---",
		"- One.",
		"- Two. [inferred]",
		"",
		"  zone   free",
		"  DMA       7",
		"  DMA32  1000",
		"",
		"  half    50 kB  ###############",
		"  little   1 kB  .",
		"  debt    -5 kB",
	]);
});

test("numbers that no machine has are wrapped where a table would not fit", () => {
	const absurd = "-72057594037260150";
	const titles = ["zone", "free", "kept", "mark", "reserve", "result"];
	const lines = textOf({
		kind: "table",
		columns: titles.map((title) => ({ title, align: /zone|result/.test(title) ? "left" : "right" })),
		rows: [["DMA32", absurd, absurd, absurd, absurd, "below the mark"]],
	});
	for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
	expect(lines.join("").replaceAll(/[^0-9]/g, "").length).toBe("32".length + 4 * (absurd.length - 1));
});

test("long sentences and cells are wrapped in 80 columns with a hanging indent", () => {
	const long = "word ".repeat(40).trim();
	const lines = textOf(
		{ kind: "statements", statements: [logged(`${long}.`)] },
		{
			kind: "table",
			columns: [
				{ title: "n", align: "right" },
				{ title: "text", align: "left" },
			],
			rows: [["1", long]],
		},
	);
	for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
	expect(lines.filter((line) => line.startsWith("- "))).toHaveLength(1);
	expect(lines.join(" ").match(/word/g)).toHaveLength(80);
});

test("any text: no control characters, 80 columns", () => {
	const controls = new RegExp("[\\u0000-\\u001F\\u007F-\\u009F\\u200E\\u200F\\u2028-\\u202E\\u2066-\\u2069]");
	const anyText = fc.string({ unit: "binary", maxLength: 200 });
	fc.assert(
		fc.property(anyText, anyText, (a, b) => {
			const lines = textOf(
				{ kind: "heading", text: a },
				{ kind: "statements", statements: [logged(a), inferred(b)] },
				{ kind: "bars", total: 3, rows: [{ label: a.slice(0, 12), value: 2, text: b.slice(0, 12) }] },
				{ kind: "table", columns: [{ title: "text", align: "left" }], rows: [[a], [b]] },
			);
			for (const line of lines) expect(line).not.toMatch(controls);
			for (const line of lines.slice(2)) expect(line.length).toBeLessThanOrEqual(160);
		}),
	);
});
