import type { VmallocAnswer } from "./answer-vmalloc.ts";
import type { VmallocRefusal } from "@pagelab/vmalloc";
import { warningWords } from "./warning-words.ts";

const REFUSALS: Readonly<Record<VmallocRefusal, string>> = {
	"size 0": "no bytes were asked for",
	"exceeds total pages": "more pages than the machine has",
	vm_struct: "no object for the area",
	vmap_area: "no object for its address space",
	"address space full": "no address space",
	"page array": "no memory for the page array",
	pages: "too few pages",
	"fatal signal": "a fatal signal came in between",
	"page tables": "no page for the page tables",
	kmalloc: "kmalloc failed, and sizes up to a page do not go on to vmalloc",
	"cannot block": "the mask may not block, so it does not go on to vmalloc",
	"larger than INT_MAX": "more than INT_MAX bytes",
	overflow: "the size overflows",
	"BUG: in interrupt": "BUG()",
};

/** How a call ended, for a cell of a table. */
export const endWord = ({ end }: VmallocAnswer): string => (end === "ended" ? "BUG" : end);

/** How a call ended, in a sentence without a full stop. */
export function endLine({ end, refusal, entries }: VmallocAnswer): string {
	switch (end) {
		case "object":
			return "an object of kmalloc";
		case "area":
			return `an area of vmalloc, with ${tablePages(entries)} new pages of page tables`;
		case "NULL":
			return refusal === undefined ? "NULL" : `NULL: ${REFUSALS[refusal]}`;
		case "ended":
			return "the task does not come back";
		default:
			return "no end: it goes on until others free memory";
	}
}

const tablePages = (entries: VmallocAnswer["entries"]): number =>
	entries.filter(({ who }) => who === "page table").reduce((sum, { got }) => sum + got, 0);

/** What happened beside the allocations. */
export function remarksOf({ events, messages, warnings, counts }: VmallocAnswer): string[] {
	const { kills, reclaims } = counts;
	return [
		...events,
		...warnings.map(warningWords),
		...messages.map((message) => `prints "${message}"`),
		...(reclaims === 0 ? [] : [`direct reclaims: ${reclaims}`]),
		...(kills === 0 ? [] : [`OOM kills: ${kills}`]),
	];
}
