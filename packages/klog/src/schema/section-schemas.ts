import { TASK_COLUMNS } from "../sections/task-table.ts";
import {
	decimal,
	described,
	exactly,
	flag,
	integer,
	lineNumber,
	listOf,
	numbersByName,
	oneOf,
	orNull,
	ref,
	type SchemaNode,
	text,
	tuple,
} from "./schema-node.ts";

const zonePlace = { node: orNull(integer), zone: text };

const memInfo: SchemaNode = exactly({
	line: orNull(lineNumber),
	global: described("pages", orNull(numbersByName)),
	nodes: listOf(
		exactly({
			node: integer,
			counters: described("kB", numbersByName),
			all_unreclaimable: orNull(flag),
			line: lineNumber,
		}),
	),
	zones: listOf(
		exactly({
			...zonePlace,
			counters: described("kB; pages_scanned in pages", numbersByName),
			all_unreclaimable: orNull(flag),
			lowmem_reserve: described("pages", orNull(listOf(decimal))),
			line: lineNumber,
		}),
	),
	freeLists: listOf(
		exactly({
			...zonePlace,
			blocks: listOf(exactly({ count: decimal, sizeKb: decimal, types: orNull(text) })),
			totalKb: orNull(decimal),
			whole: flag,
			line: lineNumber,
		}),
	),
	pcp: listOf(
		exactly({ ...zonePlace, cpus: listOf(exactly({ cpu: integer, counters: numbersByName })), line: lineNumber }),
	),
	hugepages: listOf(
		exactly({
			node: orNull(integer),
			total: decimal,
			free: decimal,
			surp: orNull(decimal),
			sizeKb: orNull(decimal),
			line: lineNumber,
		}),
	),
	totals: described("pages", numbersByName),
	swap: orNull(
		exactly({
			add: orNull(decimal),
			delete: orNull(decimal),
			find: orNull(tuple(decimal, decimal)),
			freeKb: orNull(decimal),
			totalKb: orNull(decimal),
		}),
	),
	unreclaimableSlab: orNull(listOf(exactly({ name: text, usedKb: decimal, totalKb: decimal }))),
	allocations: orNull(listOf(exactly({ size: text, calls: decimal, site: text }))),
	pageKb: orNull(integer),
});

const memcgResource: SchemaNode = exactly({
	usageKb: decimal,
	limitKb: described("null: no limit", orNull(decimal)),
	failcnt: decimal,
	line: lineNumber,
});

const memcg: SchemaNode = exactly({
	task: orNull(text),
	limit: orNull(text),
	memory: orNull(ref("memcgResource")),
	swap: orNull(ref("memcgResource")),
	memorySwap: orNull(ref("memcgResource")),
	kmem: orNull(ref("memcgResource")),
	stats: listOf(exactly({ path: text, unit: oneOf("KB", "bytes"), counters: numbersByName, line: lineNumber })),
	line: lineNumber,
});

const taskTable: SchemaNode = exactly({
	columns: listOf(text),
	columnsInferred: flag,
	rows: listOf(
		exactly(
			{ pid: integer, name: text, line: lineNumber },
			{ ...Object.fromEntries(TASK_COLUMNS.map((column) => [column, decimal])), other: numbersByName },
		),
	),
	line: lineNumber,
});

const gfp: SchemaNode = exactly({
	mask: integer,
	names: described("as printed; null: none printed", orNull(text)),
	decoded: orNull(
		exactly({
			era: text,
			eraFrom: oneOf("kernel", "names"),
			text,
			flags: listOf(text),
			unknownBits: integer,
		}),
	),
});

const trace: SchemaNode = exactly({
	frames: listOf(
		exactly({
			function: text,
			offset: orNull(decimal),
			size: orNull(decimal),
			module: orNull(text),
			reliable: flag,
			source: orNull(text),
		}),
	),
	line: lineNumber,
});

/** Parts that several kinds of event have, by name. */
export const SECTION_SCHEMAS: Readonly<Record<string, SchemaNode>> = {
	memInfo,
	memcgResource,
	memcg,
	taskTable,
	gfp,
	trace,
};
