import type { InputPosition } from "@pagelab/base";
import { NR_PAGE_ORDERS, pagesOfOrder } from "@pagelab/base";
import { MAX_NR_ZONES, MIGRATE, MIGRATE_TYPES } from "@pagelab/gfp";
import type {
	GlobalState,
	MachineState,
	NodeState,
	PageClass,
	PageRun,
	PcpState,
	ZoneState,
} from "@pagelab/page-model";
import { checkMachineState } from "./check-machine-state.ts";
import { JsonNode } from "./json-node.ts";

const PAGE_CLASSES: ReadonlySet<string> = new Set(["R", "S", "L", "M", "T", "A", "0", "x"]);
const NR_PCP_LISTS = 14;
/** CONFIG_PCP_BATCH_SCALE_MAX of every distribution kernel that has been looked at. */
const DEFAULT_BATCH_SCALE_MAX = 5;
/** Frame numbers are kept in 32-bit arrays by the model. */
const MAX_PFN = 0x7fff_ffff;

/**
 * Converts a state dump of the probe module mmprobe (one `initial`, `final` or `dump` object) into a state of the model.
 * Free lists, per-CPU lists and their order are taken as they are, so `listOrderKnown` is true.
 *
 * Globals that the recorded kernel lacks are absent from a dump and get the value under which their mechanism does
 * nothing. Not taken: node counters, scanner positions of compaction, skip bits and LRU lists, which MachineState does
 * not have.
 *
 * @param at position of the dump; its `path` is put in front of the paths in errors.
 * @throws InputError for missing or ill-typed fields and for a state that contradicts itself.
 */
export function readMmprobeState(json: unknown, at: InputPosition = {}): MachineState {
	const state = readStateNode(new JsonNode(json, at));
	checkMachineState(state, at);
	return state;
}

/** {@link readMmprobeState} of a dump inside a larger file. */
export function readMmprobeStateAt(node: JsonNode, at: InputPosition): MachineState {
	const state = readStateNode(node);
	checkMachineState(state, { ...at, path: node.path });
	return state;
}

function readStateNode(dump: JsonNode): MachineState {
	const nodes = dump.get("nodes").items().map(readNode);
	if (nodes.length === 0) dump.get("nodes").fail("a machine needs at least one node");
	return { globals: readGlobals(dump.get("globals"), nodes.length), nodes, listOrderKnown: true };
}

function readGlobals(globals: JsonNode, nodeCount: number): GlobalState {
	const optional = (name: string, fallback: number): number => globals.optional(name)?.integer() ?? fallback;
	const migrateTypes = globals.optional("migrate_types")?.integer() ?? MIGRATE_TYPES;
	if (migrateTypes !== MIGRATE_TYPES) {
		globals.get("migrate_types").fail(`expected ${MIGRATE_TYPES} (a kernel without CONFIG_CMA), found ${migrateTypes}`);
	}
	return {
		pageblockOrder: globals.get("pageblock_order").integer(1, NR_PAGE_ORDERS - 1),
		watermarkBoostFactor: optional("watermark_boost_factor", 0),
		watermarkScaleFactor: globals.get("watermark_scale_factor").integer(),
		minFreeKbytes: globals.get("min_free_kbytes").integer(),
		percpuPagelistHighFraction: optional("percpu_pagelist_high_fraction", 0),
		batchScaleMax: optional("batch_scale_max", DEFAULT_BATCH_SCALE_MAX),
		pageGroupByMobilityDisabled: optional("page_group_by_mobility_disabled", 0) !== 0,
		lowmemReserveRatio: globals.get("lowmem_reserve_ratio").integersFrom(1),
		nrOnlineNodes: optional("nr_online_nodes", nodeCount),
	};
}

function readNode(node: JsonNode): NodeState {
	const zones = node.get("zones").items().map(readZone);
	const lists = node.get("zonelists").items();
	if (lists.length === 0) node.get("zonelists").fail("expected the fallback list, found none");
	const zonelists = lists.map(readZonelist);
	const id = node.get("node").integer();
	// Kernels without CONFIG_NUMA have no list for __GFP_THISNODE; there it would equal the fallback list.
	const fallback = zonelists[0] as readonly (readonly [number, number])[];
	return {
		node: id,
		startPfn: node.get("start_pfn").integer(0, MAX_PFN),
		present: node.get("present").integer(),
		// 0 for a node without memory, which is online all the same.
		spanned: node.get("spanned").integer(0, MAX_PFN),
		zonelists: [fallback, zonelists[1] ?? fallback.filter(([n]) => n === id)],
		zones,
		pages: node.get("pages").items().map(readPageRun),
	};
}

function readZonelist(list: JsonNode): readonly (readonly [number, number])[] {
	return list.items().map((entry) => {
		const [node, zone] = entry.itemsOf(2) as [JsonNode, JsonNode];
		return [node.integer(), zone.integer(0, MAX_NR_ZONES - 1)] as const;
	});
}

function readPageRun(run: JsonNode): PageRun {
	const [kind, first, count] = run.itemsOf(3) as [JsonNode, JsonNode, JsonNode];
	const letter = kind.text();
	if (!PAGE_CLASSES.has(letter)) kind.fail(`unknown page class "${letter}", expected one of R S L M T A 0 x`);
	return [letter as PageClass, first.integer(0, MAX_PFN), count.integer(1, MAX_PFN)];
}

function readZone(zone: JsonNode): ZoneState {
	const pages = (name: string): number => zone.get(name).integer();
	const free = zone.get("free").itemsOf(NR_PAGE_ORDERS).map(readFreeArea);
	return {
		node: pages("node"),
		idx: zone.get("idx").integer(0, MAX_NR_ZONES - 1),
		name: zone.get("name").text(),
		startPfn: zone.get("start_pfn").integer(0, MAX_PFN),
		spanned: zone.get("spanned").integer(1, MAX_PFN),
		present: pages("present"),
		managed: pages("managed"),
		wmark: zone.get("wmark").integersFrom(4),
		boost: pages("boost"),
		flags: pages("flags"),
		lowmemReserve: zone.get("lowmem_reserve").integersFrom(1),
		nrReservedHighatomic: pages("nr_reserved_highatomic"),
		// v6.11 has no such counter; there the lists are the count.
		nrFreeHighatomic: zone.optional("nr_free_highatomic")?.integer() ?? highatomicPages(free),
		percpuDriftMark: pages("percpu_drift_mark"),
		nrFreePages: zone.get("vm_stat").integersFrom(1, Number.MIN_SAFE_INTEGER)[0] as number,
		free,
		nrFree: zone.get("nr_free").integersFrom(NR_PAGE_ORDERS),
		pcp: zone.get("pcp").items().map(readPcp),
		blockStart: zone.get("block_start").integer(0, MAX_PFN),
		blocks: readBlocks(zone.get("blocks")),
	};
}

/** The lists of one order; migratetypes with an empty list are absent. */
function readFreeArea(area: JsonNode): readonly (readonly number[])[] {
	const lists: (readonly number[])[] = Array.from({ length: MIGRATE_TYPES }, () => []);
	for (const [name, list] of area.entries()) {
		const migratetype = Number(name);
		if (!/^[0-9]$/.test(name) || migratetype >= MIGRATE_TYPES) {
			list.fail(`unknown migratetype "${name}", expected 0 to ${MIGRATE_TYPES - 1}`);
		}
		lists[migratetype] = list.integers(0, MAX_PFN);
	}
	return lists;
}

const highatomicPages = (free: ZoneState["free"]): number =>
	free.reduce((sum, lists, order) => sum + (lists[MIGRATE.HIGHATOMIC]?.length ?? 0) * pagesOfOrder(order), 0);

function readPcp(pcp: JsonNode): PcpState {
	const count = (name: string): number => pcp.get(name).integer();
	return {
		cpu: count("cpu"),
		count: count("count"),
		high: count("high"),
		highMin: count("high_min"),
		highMax: count("high_max"),
		batch: pcp.get("batch").integer(1),
		flags: count("flags"),
		allocFactor: count("alloc_factor"),
		freeCount: count("free_count"),
		// CONFIG_NUMA only.
		expire: pcp.optional("expire")?.integer() ?? 0,
		statThreshold: count("stat_threshold"),
		freePagesDiff: pcp.get("vm_stat_diff").integersFrom(1, Number.MIN_SAFE_INTEGER)[0] as number,
		lists: pcp
			.get("lists")
			.itemsOf(NR_PCP_LISTS)
			.map((list) => list.integers(0, MAX_PFN)),
	};
}

/** One digit per pageblock; a pageblock without memory map ("." in a dump) counts as MOVABLE, the type it would get. */
function readBlocks(node: JsonNode): readonly number[] {
	const text = node.text();
	const bad = /[^0-4.]/.exec(text);
	if (bad !== null) node.fail(`pageblock ${bad.index} has the type "${bad[0]}", expected 0 to ${MIGRATE_TYPES - 1}`);
	return Array.from(text, (digit) => (digit === "." ? 1 : Number(digit)));
}
