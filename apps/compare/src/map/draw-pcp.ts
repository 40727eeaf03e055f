import { pagesOfOrder } from "@pagelab/base";
import type { PcpState, ZoneState } from "@pagelab/page-model";
import type { Style } from "../cli/style.ts";
import { shortCount } from "./format-pages.ts";

/** Beyond this many CPUs only the fullest are listed. */
const MAX_CPUS = 6;
const LABEL = 13;
const CELL = 6;
const THP_LIST = 12;

/** Pages per order of a pageset: order 0 by migratetype, orders 1 to 3, order 9. */
function pagesByOrder(pcp: PcpState): number[] {
	const pages = [0, 1, 2, 3].map((order) =>
		[0, 1, 2].reduce((sum, type) => sum + (pcp.lists[3 * order + type]?.length ?? 0) * pagesOfOrder(order), 0),
	);
	const huge = pcp.lists.slice(THP_LIST).reduce((sum, list) => sum + list.length, 0);
	return [...pages, huge * pagesOfOrder(9)];
}

const row = (label: string, cells: readonly (string | number)[], wide: string): string =>
	label.padEnd(LABEL) +
	cells.map((cell) => (typeof cell === "number" ? shortCount(cell) : cell).padStart(CELL)).join("") +
	wide.padStart(15);

/** The per-CPU pagesets of a zone: what they hold, and how they are tuned. */
export function drawPcp(zone: ZoneState, listsKnown: boolean, style: Style): string[] {
	if (zone.pcp.length === 0) return [];
	const shown =
		zone.pcp.length <= MAX_CPUS ? zone.pcp : zone.pcp.toSorted((a, b) => b.count - a.count).slice(0, MAX_CPUS);
	const columns = listsKnown ? ["o 0", "o 1", "o 2", "o 3", "o 9"] : [];
	const lines = [style("dim", row("  per-CPU", ["pages", ...columns, "batch", "high"], "high min-max"))];
	for (const pcp of shown) {
		const cells = [pcp.count, ...(listsKnown ? pagesByOrder(pcp) : []), pcp.batch, pcp.high];
		lines.push(row(`  CPU ${pcp.cpu}`, cells, `${pcp.highMin}-${pcp.highMax}`));
	}
	if (shown.length < zone.pcp.length) {
		const total = zone.pcp.reduce((sum, pcp) => sum + pcp.count, 0);
		lines.push(
			style("dim", `  ... the fullest ${shown.length} of ${zone.pcp.length} CPUs, which hold ${total} pages together`),
		);
	}
	return lines;
}
