import { kbOfPages, pagesOfOrder } from "@pagelab/base";
import type { Style } from "../cli/style.ts";
import { shortCount } from "./format-pages.ts";
import { MIGRATETYPE_LOOKS } from "./migratetypes.ts";
import type { ZoneSummary } from "./zone-summary.ts";

const LABEL = 13;
const CELL = 6;

const blockSize = (order: number): string => {
	const kb = kbOfPages(pagesOfOrder(order));
	return kb >= 1024 ? `${kb / 1024}M` : `${kb}K`;
};

/**
 * Free blocks per order and migratetype, as /proc/pagetypeinfo counts them. Migratetypes without a free block are left
 * out; HighAtomic and Isolate too, where no pageblock has them.
 */
export function drawFreeLists(summary: ZoneSummary, style: Style): string[] {
	const orders = summary.counts[0]?.length ?? 0;
	const row = (label: string, cells: readonly string[]): string =>
		label.padEnd(LABEL) + cells.map((cell) => cell.padStart(CELL)).join("");
	const range = Array.from({ length: orders }, (_, order) => order);
	const lines = [style("dim", row("  free blocks", range.map(String))), style("dim", row("", range.map(blockSize)))];
	summary.counts.forEach((counts, type) => {
		const look = MIGRATETYPE_LOOKS[type];
		if (look === undefined || (type > 2 && !summary.pageblocks.some((block) => block.type === type))) return;
		const cells = counts.map((n) => (n === 0 ? "." : shortCount(n)).padStart(CELL));
		lines.push(
			style(look.style, `  ${look.name}`.padEnd(LABEL)) +
				cells.map((cell, order) => (counts[order] === 0 ? style("dim", cell) : cell)).join(""),
		);
	});
	return lines;
}
