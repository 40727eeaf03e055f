import { cpus } from "node:os";
import type { JudgedRow } from "./judge-rows.ts";
import { formatMarkdown } from "./format-table.ts";

/** Text of docs/performance.md: where the numbers come from, the command that makes them, and the tables. */
export function performancePage(rows: ReadonlyArray<JudgedRow>, rounds: number, command: string): string {
	const processors = cpus();
	const machine = `${processors.length} × ${processors[0]?.model.trim() ?? "unknown processor"}, Node ${process.versions.node}`;
	return `# Performance

Made by \`${command}\` on ${machine}. CPU time, medians over ${rounds} rounds; anchor and pagelab run in turn, and the ratio
is the median of the rounds' ratios. Absolute figures are of that machine only; the ratio is what a gate is about wherever
one is given as a ratio (×). How the numbers are taken: [tools/bench](../tools/bench/README.md).

${formatMarkdown(rows)}
`;
}
