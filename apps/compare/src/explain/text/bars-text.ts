import type { Block } from "../block.ts";
import { printable } from "../../cli/printable.ts";

type Bars = Extract<Block, { readonly kind: "bars" }>;

const WIDTH_MAX = 30;

/** A dot for what is less than half a character, and nothing for what is negative. */
function bar(value: number, total: number, width: number): string {
	if (total <= 0 || value <= 0) return "";
	const length = Math.min(width, Math.round((value / total) * width));
	return length === 0 ? "." : "#".repeat(length);
}

/** Bars of `#`, which every mail and terminal shows alike. */
export function barsText({ rows, total }: Bars, columns: number): string[] {
	const labels = rows.map(({ label }) => printable(label));
	const texts = rows.map(({ text }) => printable(text));
	const labelWidth = Math.max(0, ...labels.map((label) => label.length));
	const textWidth = Math.max(0, ...texts.map((text) => text.length));
	const width = Math.max(10, Math.min(WIDTH_MAX, columns - labelWidth - textWidth - 6));
	return rows.map(({ value }, i) => {
		const label = (labels[i] ?? "").padEnd(labelWidth);
		const text = (texts[i] ?? "").padStart(textWidth);
		return `  ${label}  ${text}  ${bar(value, total, width)}`.trimEnd();
	});
}
