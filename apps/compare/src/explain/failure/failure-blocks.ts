import {
	explainFailure,
	type FailureEvent,
	type FreeListPicture,
	type NofailAnswer,
	type Statement,
} from "@pagelab/klog";
import type { Block } from "../block.ts";

/** Zones beside each other in a table; more go into further tables. */
const ZONES_IN_A_TABLE = 4;

/** A part with a heading; nothing where there is nothing to say. */
function part(text: string, statements: readonly Statement[], ...more: readonly Block[]): Block[] {
	if (statements.length === 0 && more.length === 0) return [];
	const said: Block[] = statements.length === 0 ? [] : [{ kind: "statements", statements }];
	return [{ kind: "heading", text }, ...said, ...more];
}

/** Blocks of one order in a zone with their letters, such as `31 UMH`. */
function cell(picture: FreeListPicture, order: number): string {
	const row = picture.rows.find((own) => own.order === order);
	if (row === undefined) return "?";
	return row.blocks === 0 ? "." : `${row.blocks} ${row.types ?? ""}`.trimEnd();
}

/** Free blocks by order, one column a zone, the larger ones first as they matter most to a request. */
function freeListTable(pictures: readonly FreeListPicture[]): Block {
	const orders = [...new Set(pictures.flatMap(({ rows }) => rows.map(({ order }) => order)))].sort((a, b) => b - a);
	const sizeOf = (order: number): number =>
		pictures.flatMap(({ rows }) => rows).find((row) => row.order === order)?.sizeKb ?? 0;
	return {
		kind: "table",
		columns: [
			{ title: "order", align: "right" },
			{ title: "kB", align: "right" },
			...pictures.map(({ zone }) => ({ title: zone, align: "right" as const })),
		],
		rows: orders.map((order) => [
			String(order),
			String(sizeOf(order)),
			...pictures.map((picture) => cell(picture, order)),
		]),
	};
}

function freeListTables(pictures: readonly FreeListPicture[]): Block[] {
	const tables: Block[] = [];
	for (let i = 0; i < pictures.length; i += ZONES_IN_A_TABLE) {
		tables.push(freeListTable(pictures.slice(i, i + ZONES_IN_A_TABLE)));
	}
	return tables;
}

const kbIn = ({ rows }: FreeListPicture, least: number): number =>
	rows.reduce((sum, { order, kb }) => sum + (order >= least ? kb : 0), 0);

/** How much of what is free lies in blocks that are large enough. */
function largeEnoughBars(pictures: readonly FreeListPicture[], order: number | null): Block[] {
	const total = Math.max(0, ...pictures.map((picture) => kbIn(picture, 0)));
	if (order === null || order === 0 || total === 0) return [];
	const rows = pictures.map((picture) => {
		const value = kbIn(picture, order);
		return { label: `${picture.zone}, order ${order} or more`, value, text: `${value} of ${kbIn(picture, 0)} kB free` };
	});
	return [{ kind: "bars", total, rows }];
}

const LETTERS: Statement = {
	text: "Letters: U unmovable, M movable, E reclaimable, H kept for non-blocking requests of higher orders, C CMA (movable only), I isolated, R reserve of old kernels.",
	basis: "kernel rule",
};

function nofailTable(answers: readonly NofailAnswer[]): Block[] {
	if (answers.length === 0) return [];
	return [
		{
			kind: "table",
			columns: [
				{ title: "policy", align: "left" },
				{ title: "with __GFP_NOFAIL", align: "left" },
			],
			rows: answers.map(({ policy, outcome }) => [policy, outcome]),
		},
	];
}

/** The explanation of a failed allocation, as people read it, but for what was asked for, which the event's first sentence says. */
export function failureBlocks(event: FailureEvent): Block[] {
	const explained = explainFailure(event);
	const { pictures, request } = explained;
	const hasBlocks = pictures.some(({ rows }) => rows.some(({ blocks }) => blocks > 0));
	return [
		...part("What the request may do", explained.what.slice(1)),
		...part("Which step gave up", explained.decision),
		...part(
			"Free lists",
			hasBlocks ? [...explained.freeLists, LETTERS] : explained.freeLists,
			...(hasBlocks ? freeListTables(pictures) : []),
			...largeEnoughBars(pictures, request.order),
		),
		...part("Fragmentation", explained.fragmentation),
		...part("kvmalloc instead of kmalloc", explained.kvmalloc),
		...part("With __GFP_NOFAIL", [], ...nofailTable(explained.nofail)),
		...part("Other requests in its place", explained.alternatives),
		...part("Settings", explained.settings),
		...part("What the log does not say", explained.notes),
	];
}
