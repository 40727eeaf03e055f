import { type KlogEvent, logged, PARTS, type Statement } from "@pagelab/klog";
import type { Block } from "./block.ts";

const linesText = (lines: readonly number[]): string =>
	lines.length === 0 ? "" : ` (${lines.length === 1 ? "line" : "lines"} ${lines.join(", ")})`;

/** Pieces shown as they are. */
const DAMAGE_SHOWN = 3;

function damageStatements({ damaged }: KlogEvent): Statement[] {
	if (damaged.length === 0) return [];
	const shown = damaged.slice(0, DAMAGE_SHOWN).map(({ line, text }) => `"${text.slice(0, 60)}" (line ${line})`);
	const more = damaged.length > DAMAGE_SHOWN ? `, and ${damaged.length - DAMAGE_SHOWN} more` : "";
	return [logged(`Pieces that could not be read, and of which nothing above makes use: ${shown.join(", ")}${more}.`)];
}

/** What an event's log lacks, where it contradicts itself, and what could not be read; nothing for a sound and complete one. */
export function honestyBlocks(event: KlogEvent): Block[] {
	const missing = event.missing.map((part) => PARTS[part]);
	const statements = [
		...(missing.length === 0 ? [] : [logged(`The log lacks: ${missing.join("; ")}.`)]),
		...event.contradictions.map(({ message, lines }) =>
			logged(`The log contradicts itself${linesText(lines)}: ${message}`),
		),
		...damageStatements(event),
		...(event.kernel === null ? [logged("Which kernel printed this the log does not say.")] : []),
	];
	return statements.length === 0
		? []
		: [
				{ kind: "heading", text: "Missing and contradictory" },
				{ kind: "statements", statements },
			];
}
