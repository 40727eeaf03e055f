import type { Statement } from "@pagelab/klog";
import { printable } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { wrapText } from "../../why/wrap-text.ts";
import type { Block } from "../block.ts";
import { barsText } from "./bars-text.ts";
import { tableText } from "./table-text.ts";

/** Columns of a mail and of most terminals. */
export const COLUMNS = 80;

const BULLET = "- ";

/** A paragraph with a hanging indent; what it rests on stands at its end, where that is not the log alone. */
function statementText({ text, basis }: Statement): string[] {
	const mark = basis === "logged" ? "" : ` [${basis}]`;
	const lines = wrapText(`${printable(text)}${mark}`, COLUMNS - BULLET.length);
	return lines.map((line, i) => `${i === 0 ? BULLET : " ".repeat(BULLET.length)}${line}`);
}

function blockLines(block: Block, style: Style): string[] {
	switch (block.kind) {
		case "heading": {
			const text = printable(block.text);
			return ["", style("bold", text), style("dim", "-".repeat(Math.min(COLUMNS, text.length)))];
		}
		case "statements":
			return block.statements.flatMap(statementText);
		case "table":
			return ["", ...tableText(block, COLUMNS), ""];
		default:
			return ["", ...barsText(block, COLUMNS), ""];
	}
}

/** Two empty lines are as good as one. */
const isSuperfluous = (line: string, previous: string | undefined): boolean =>
	line === "" && (previous === "" || previous === undefined);

/** Blocks as text of at most 80 columns (tables of many numbers may be wider), without control characters of their own. */
export function blockText(blocks: readonly Block[], style: Style): string[] {
	const lines: string[] = [];
	for (const line of blocks.flatMap((block) => blockLines(block, style))) {
		if (!isSuperfluous(line, lines.at(-1))) lines.push(line);
	}
	while (lines.at(-1) === "") lines.pop();
	return lines;
}
