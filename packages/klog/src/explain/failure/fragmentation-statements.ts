import { PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import type { MemInfo } from "../../sections/mem-info.ts";
import { loggedZones } from "../../sections/logged-zones.ts";
import { byKernelRule, logged, type Statement } from "../statement.ts";
import type { FreeListPicture } from "./free-list-picture.ts";

/** Sysctl extfrag_threshold, unless somebody set it. */
const EXTFRAG_THRESHOLD = 500;

/** Free pages and blocks as the index counts them. */
function totals({ rows }: FreeListPicture): { pages: number; blocks: number } {
	return rows.reduce(
		(sum, { order, blocks }) => ({ pages: sum.pages + blocks * 2 ** order, blocks: sum.blocks + blocks }),
		{
			pages: 0,
			blocks: 0,
		},
	);
}

function meaning(index: number): string {
	return index > EXTFRAG_THRESHOLD
		? "nearer to 1000: want of contiguous memory, not of memory"
		: "nearer to 0: want of memory rather than fragmentation";
}

function indexText(picture: FreeListPicture, order: number, index: number): string {
	const { pages, blocks } = totals(picture);
	const { zone } = picture;
	if (index === -1000)
		return `${zone}: a block of order ${order} or more is free (fragmentation index -1000, which counts blocks of every migratetype)`;
	if (blocks === 0) return `${zone}: nothing is free at all (fragmentation index 0)`;
	return `${zone}: fragmentation index of order ${order} is 1000 - (1000 + ${pages} * 1000 / ${2 ** order}) / ${blocks} = ${index} in whole numbers, ${meaning(index)}`;
}

function unusableText(picture: FreeListPicture, order: number, percent: number): string {
	const { pages } = totals(picture);
	const suitable = picture.rows
		.filter((row) => row.order >= order)
		.reduce((sum, row) => sum + row.blocks * 2 ** row.order, 0);
	return `unusable for it are (${pages} - ${suitable}) * 100 / ${pages} = ${percent} % of the free pages`;
}

function zoneStatement(picture: FreeListPicture, order: number): Statement[] {
	const { fragmentationIndex: index, unusablePercent: percent } = picture;
	if (index === null || percent === null) return [];
	const text = indexText(picture, order, index);
	return [
		byKernelRule(totals(picture).pages === 0 ? `${text}.` : `${text}; ${unusableText(picture, order, percent)}.`),
	];
}

/** A boost is the trace of earlier fragmentation: each fallback to another migratetype's pageblock raises the marks. */
function boostStatements(memInfo: MemInfo): Statement[] {
	return loggedZones(memInfo)
		.filter(({ boost }) => (boost ?? 0) > 0)
		.map(({ zone, boost, min }) =>
			logged(
				`${zone}: its marks are boosted by ${boost} pages (min ${(min ?? 0) - (boost ?? 0)} counts as ${min}): requests have lately had to take pageblocks of another migratetype.`,
			),
		);
}

/**
 * The kernel's own measures of fragmentation for the request's order, zone by zone, with their formulas: __fragmentation_index()
 * and extfrag_for_order() of mm/vmstat.c.
 */
export function fragmentationStatements(
	pictures: readonly FreeListPicture[],
	order: number | null,
	memInfo: MemInfo,
): Statement[] {
	if (order === null) return [];
	if (order === 0) {
		const text = "Order 0 needs a single page: fragmentation cannot be the reason.";
		return [byKernelRule(text), ...boostStatements(memInfo)];
	}
	const costly =
		order > PAGE_ALLOC_COSTLY_ORDER
			? [
					byKernelRule(
						`Orders above ${PAGE_ALLOC_COSTLY_ORDER} are compacted for only where the index is above extfrag_threshold (${EXTFRAG_THRESHOLD} by default) or negative.`,
					),
				]
			: [];
	return [...pictures.flatMap((picture) => zoneStatement(picture, order)), ...costly, ...boostStatements(memInfo)];
}
