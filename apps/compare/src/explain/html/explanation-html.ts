import type { Statement } from "@pagelab/klog";
import { escapeMarkup, htmlPage } from "@pagelab/report";
import type { Block } from "../block.ts";
import { EXPLANATION_STYLE } from "./explanation-style.ts";

/** What a page is made of. */
export interface ExplanationPage {
	readonly title: string;
	readonly blocks: readonly Block[];
}

type BlockOf<Kind extends Block["kind"]> = Extract<Block, { readonly kind: Kind }>;

/** What a statement rests on is shown where that is not the log alone. */
function statementItem({ text, basis }: Statement): string {
	const mark = basis === "logged" ? "" : ` <span class="basis">${escapeMarkup(basis)}</span>`;
	return `<li>${escapeMarkup(text)}${mark}</li>`;
}

const statementList = ({ statements }: BlockOf<"statements">): string =>
	`<ul class="statements">\n${statements.map(statementItem).join("\n")}\n</ul>`;

/** A table that scrolls by itself, so that a phone need not scroll the page. */
function table({ columns, rows }: BlockOf<"table">): string {
	const side = (i: number): string => (columns[i]?.align === "right" ? ' class="right"' : "");
	const heads = columns.map(({ title }, i) => `<th scope="col"${side(i)}>${escapeMarkup(title)}</th>`);
	const lines = rows.map(
		(row) => `<tr>${row.map((cell, i) => `<td${side(i)}>${escapeMarkup(cell)}</td>`).join("")}</tr>`,
	);
	const label = escapeMarkup(columns.map(({ title }) => title).join(", "));
	return `<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table>\n<thead><tr>${heads.join("")}</tr></thead>\n<tbody>\n${lines.join("\n")}\n</tbody>\n</table></div>`;
}

/** Share in whole per mille, so that the width is a short number. */
const permille = (value: number, total: number): number =>
	total > 0 && value > 0 ? Math.min(1000, Math.max(1, Math.round((value / total) * 1000))) : 0;

function bars({ rows, total }: BlockOf<"bars">): string {
	const lines = rows.map(({ label, value, text }) => {
		const width = permille(value, total) / 10;
		return [
			'<div class="bar">',
			`<span class="label">${escapeMarkup(label)}</span>`,
			`<div class="track" aria-hidden="true"><div class="fill" style="width:${width}%"></div></div>`,
			`<span class="value">${escapeMarkup(text)}</span>`,
			"</div>",
		].join("");
	});
	return `<div class="bars">\n${lines.join("\n")}\n</div>`;
}

function blockHtml(block: Block): string {
	switch (block.kind) {
		case "heading":
			return `<h2>${escapeMarkup(block.text)}</h2>`;
		case "statements":
			return statementList(block);
		case "table":
			return table(block);
		default:
			return bars(block);
	}
}

/**
 * An explanation as one HTML page without script or any other file, light or dark as the reader's system is. Every text is
 * escaped, and control characters do not come through.
 */
export function explanationHtml({ title, blocks }: ExplanationPage): string {
	const heading = escapeMarkup(title);
	const body = `<h1>${heading}</h1>\n${blocks.map(blockHtml).join("\n")}`;
	return htmlPage({ title: heading, body, style: EXPLANATION_STYLE });
}
