import type { KlogEvent, MemInfo } from "../index.ts";

/** Fields of a MemInfo that the log does not print. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["line", "pageKb", "whole"]);

/** All numbers of a parsed Mem-Info, ascending. */
export function numbersOf(value: unknown): number[] {
	if (typeof value === "number") return [value];
	if (Array.isArray(value)) return value.flatMap(numbersOf).sort((a, b) => a - b);
	if (typeof value !== "object" || value === null) return [];
	const printed = Object.entries(value).filter(([key]) => !OWN_FIELDS.has(key));
	return printed.flatMap(([, field]) => numbersOf(field)).sort((a, b) => a - b);
}

/** All numbers in the lines of a Mem-Info, ascending; digits inside of names (DMA32, kmalloc-64) are none. */
export function numbersInLines(lines: readonly string[]): number[] {
	const numbers = lines.flatMap((line) => {
		const text = line
			.replace(/^\s*(?:<\d>)?(?:\w{3} +\d+ \d\d:\d\d:\d\d (?:\S+ )?kernel: )?(?:\[ *\d+\.\d+\] ?)?(?:\[ *T\d+\] )?/, "")
			.replaceAll(/#012|\\x0a/g, " ");
		return [...text.matchAll(/(?<![\w-])\d+/g)].map(([digits]) => Number(digits));
	});
	return numbers.sort((a, b) => a - b);
}

/** The lines of an event's Mem-Info: from its head to the first line of what follows, else to the event's last line. */
export function memInfoLines(event: KlogEvent, memInfo: MemInfo, lines: readonly string[]): string[] {
	const after =
		event.kind === "oom"
			? [event.table?.line, event.summary?.line, event.selected?.line, event.kills[0]?.line, event.panic?.line]
			: [];
	const end = Math.min(event.lastLine + 1, ...after.filter((line) => line !== undefined));
	return lines.slice((memInfo.line ?? event.firstLine) - 1, end - 1);
}
