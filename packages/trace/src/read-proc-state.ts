import { InputError, type InputPosition, kbOfPages } from "@pagelab/base";
import { ZONE, ZONE_NAMES } from "@pagelab/gfp";
import type { GlobalState, MachineState, NodeState, PageRun, ZoneState } from "@pagelab/page-model";
import { layOutZone } from "./lay-out-zone.ts";
import { FreeBlockSource } from "./proc-free-blocks.ts";
import { type Pagetypeinfo, parseBuddyinfo, parsePagetypeinfo } from "./proc-free-counts.ts";
import { buildProcZone, managedPages, type ProcZoneResult } from "./proc-zone-state.ts";
import { parseZoneinfo, type ProcZone } from "./proc-zoneinfo.ts";

/** Text of /proc files of one machine, taken as close together as possible. */
export interface ProcTexts {
	readonly zoneinfo: string;
	readonly buddyinfo?: string;
	readonly pagetypeinfo?: string;
	/** Files of /proc/sys/vm by name, such as `min_free_kbytes`. */
	readonly sysctl?: Readonly<Record<string, string>>;
}

export interface ProcState {
	/** `listOrderKnown` is false. */
	readonly state: MachineState;
	/** One sentence for each thing that the texts do not have or do not agree on. */
	readonly notes: readonly string[];
}

/** Start of a zone on x86-64, where a kernel does not print start_pfn. */
const DEFAULT_STARTS: readonly number[] = [1, 0x1000, 0x10_0000, 0x10_0000, 0x10_0000];

/**
 * Makes a state from /proc/zoneinfo, and from /proc/buddyinfo and /proc/pagetypeinfo where they are there.
 *
 * Counts are those of the texts: present, managed and spanned pages, watermarks, boost, protection, free blocks by order
 * and migratetype, pageblocks by migratetype, per-CPU count, high and batch. Positions are made up, always in the same
 * way: holes at the end of a zone, free blocks from its top down, largest first, smaller ones in as few pageblocks of
 * their type as possible and never beside a free buddy (as long as the counts allow that), rarer types lowest, lists
 * ascending; frames in use are reserved ones (lowest), per-CPU pages (order 0), LRU pages in MOVABLE pageblocks, and
 * class A. Not in these texts, so at rest in the state: pcp tuning (alloc_factor, free_count, flags), zone
 * flags. Where zoneinfo's free pages differ from the lists by no more than CPUs may keep to themselves, the difference
 * becomes their per-CPU counter parts. Derived where the kernel does not print them: pcp high_min and high_max, promo mark, the drift mark,
 * zonelists (own node first, then the others in ascending order from there).
 *
 * @throws InputError for text that is none of these files, and for counts that no machine can have.
 */
export function readProcState(texts: ProcTexts, at: InputPosition = {}): ProcState {
	return new ProcStateReader(texts, at).read();
}

class ProcStateReader {
	readonly #at: InputPosition;
	readonly #zones: readonly ProcZone[];
	readonly #pagetypeinfo: Pagetypeinfo | undefined;
	readonly #source: FreeBlockSource;
	readonly #sysctl: Readonly<Record<string, string>>;
	readonly #notes: string[] = [];

	constructor(texts: ProcTexts, at: InputPosition) {
		const note = (sentence: string): void => {
			this.#notes.push(sentence);
		};
		this.#at = at;
		const place = (name: string): InputPosition => ({ ...at, path: name });
		this.#zones = parseZoneinfo(texts.zoneinfo, place("zoneinfo"));
		const buddyinfo = texts.buddyinfo === undefined ? undefined : parseBuddyinfo(texts.buddyinfo, place("buddyinfo"));
		this.#pagetypeinfo =
			texts.pagetypeinfo === undefined ? undefined : parsePagetypeinfo(texts.pagetypeinfo, place("pagetypeinfo"));
		this.#source = new FreeBlockSource(buddyinfo, this.#pagetypeinfo, note);
		this.#sysctl = texts.sysctl ?? {};
		if (this.#pagetypeinfo === undefined) note("without pagetypeinfo, all free pages and pageblocks count as movable");
		if (this.#pagetypeinfo === undefined && buddyinfo === undefined) {
			note("without buddyinfo, free pages are in the fewest blocks possible");
		}
	}

	read(): ProcState {
		const results = this.#populated().map((zone) => this.#readZone(zone));
		this.#checkDisjoint(results.map(({ zone }) => zone));
		this.#noteDerived();
		const nodeIds = [...new Set(results.map(({ zone }) => zone.node))].sort((a, b) => a - b);
		const runs = allRuns(results);
		const nodes = nodeIds.map((id) => buildNode(id, nodeIds, results, runs));
		const globals = this.#globals(nodes);
		return { state: { globals, nodes, listOrderKnown: false }, notes: this.#notes };
	}

	#fail(zone: ProcZone, message: string): never {
		throw new InputError(`zone ${zone.name} of node ${zone.node} ${message}`, {
			...this.#at,
			path: "zoneinfo",
			line: zone.line,
		});
	}

	#populated(): readonly ProcZone[] {
		const zones = this.#zones.filter((zone) => (zone.values.get("present") ?? 0) > 0);
		if (zones.length === 0) {
			throw new InputError("no zone has any memory", { ...this.#at, path: "zoneinfo", line: 1 });
		}
		for (const zone of zones) {
			if (ZONE_NAMES.some((name) => name === zone.name)) continue;
			this.#fail(zone, `is not modelled, expected one of ${ZONE_NAMES.join(", ")}`);
		}
		return zones;
	}

	#readZone(zone: ProcZone): ProcZoneResult {
		const number = (name: string): number => zone.values.get(name) ?? 0;
		if (number("present") > number("spanned")) {
			this.#fail(zone, `has ${number("present")} pages in a span of ${number("spanned")}`);
		}
		if (managedPages(zone) > number("present")) {
			this.#fail(zone, `manages ${managedPages(zone)} pages, but only ${number("present")} are present`);
		}
		const { free, pageblocks } = this.#source.of(zone);
		const pageblockOrder = this.#pageblockOrder;
		const startPfn = this.#startPfn(zone);
		const layout = layOutZone({
			startPfn,
			spanned: number("spanned"),
			managed: managedPages(zone),
			free,
			pageblocks,
			pageblockOrder,
		});
		if (layout === undefined) this.#fail(zone, "has no room for its free blocks");
		const result = buildProcZone(zone, layout, {
			zoneNames: this.#zones.filter(({ node }) => node === zone.node).map(({ name }) => name),
			startPfn,
			pageblockOrder,
			cpusOfNode: this.#cpusOfNode(zone),
		});
		this.#noteDisagreements(zone, result, layout.pageblocksFit);
		return result;
	}

	#noteDisagreements(zone: ProcZone, result: ProcZoneResult, pageblocksFit: boolean): void {
		const where = `zone ${zone.name} of node ${zone.node}`;
		const printed = zone.values.get("free");
		const used = result.zone.nrFreePages;
		if (printed !== undefined && printed !== used) {
			this.#notes.push(`${where} has ${printed} free pages by zoneinfo and ${used} by its free lists, which count`);
		}
		if (!pageblocksFit)
			this.#notes.push(`${where} has pageblock types that its free blocks do not fit, they are changed`);
		if (result.missingPcpPages > 0) {
			this.#notes.push(`${where} has no frames for ${result.missingPcpPages} of its per-CPU pages, they are left out`);
		}
	}

	get #pageblockOrder(): number {
		return this.#pagetypeinfo?.pageblockOrder ?? 9;
	}

	#startPfn(zone: ProcZone): number {
		const printed = zone.values.get("start_pfn");
		if (printed !== undefined) return printed;
		const sentence = "the zoneinfo has no start_pfn, so zones start where they do on x86-64";
		if (!this.#notes.includes(sentence)) this.#notes.push(sentence);
		return DEFAULT_STARTS[ZONE_NAMES.findIndex((name) => name === zone.name)] ?? 0;
	}

	/** CPUs of a zone's node: the text has no such table, so CPUs are taken to be spread evenly. */
	#cpusOfNode(zone: ProcZone): number {
		const nodes = new Set(this.#zones.filter(({ pagesets }) => pagesets.length > 0).map(({ node }) => node));
		return Math.max(1, Math.floor(zone.pagesets.length / Math.max(1, nodes.size)));
	}

	#checkDisjoint(zones: readonly ZoneState[]): void {
		const sorted = zones.toSorted((a, b) => a.startPfn - b.startPfn);
		sorted.forEach((zone, i) => {
			const before = sorted[i - 1];
			if (before === undefined || before.startPfn + before.spanned <= zone.startPfn) return;
			const source = this.#zones.find(({ node, name }) => node === zone.node && name === zone.name);
			if (source !== undefined) this.#fail(source, `overlaps zone ${before.name} of node ${before.node}`);
		});
	}

	#noteDerived(): void {
		const withCpus = this.#zones.filter(({ pagesets }) => pagesets.length > 0);
		if (withCpus.length > 0 && withCpus.every(({ pagesets }) => !pagesets[0]?.values.has("high_min"))) {
			this.#notes.push("the zoneinfo has no high_min and high_max, they are computed as the kernel does");
		}
		if (!this.#zones.some(({ values }) => values.has("managed"))) {
			this.#notes.push("the zoneinfo has no managed pages, all present ones count as managed");
		}
	}

	#globals(nodes: readonly NodeState[]): GlobalState {
		const numbers = (name: string): readonly number[] | undefined => {
			const list = this.#sysctl[name]?.trim().split(/\s+/).map(Number);
			if (list === undefined || list.every((n) => Number.isSafeInteger(n) && n >= 0)) return list;
			throw new InputError("expected whole numbers", { ...this.#at, path: name });
		};
		const zones = nodes.flatMap((node) => node.zones).filter(({ idx }) => idx <= ZONE.NORMAL);
		const minPages = zones.reduce((sum, { wmark }) => sum + (wmark[0] ?? 0), 0);
		return {
			pageblockOrder: this.#pageblockOrder,
			watermarkBoostFactor: numbers("watermark_boost_factor")?.[0] ?? 15_000,
			watermarkScaleFactor: numbers("watermark_scale_factor")?.[0] ?? 10,
			minFreeKbytes: numbers("min_free_kbytes")?.[0] ?? kbOfPages(minPages),
			percpuPagelistHighFraction: numbers("percpu_pagelist_high_fraction")?.[0] ?? 0,
			batchScaleMax: 5,
			pageGroupByMobilityDisabled: false,
			lowmemReserveRatio: numbers("lowmem_reserve_ratio") ?? [256, 256, 32, 0, 0],
			nrOnlineNodes: nodes.length,
		};
	}
}

/** Runs in use and free blocks of all zones; a free block has no class. */
interface Extent {
	readonly first: number;
	readonly end: number;
	readonly run: PageRun | undefined;
}

const allRuns = (results: readonly ProcZoneResult[]): readonly Extent[] =>
	results
		.flatMap(({ zone, pages }): Extent[] => [
			...pages.map((run): Extent => ({ first: run[1], end: run[1] + run[2], run })),
			...zone.free.flatMap((lists, order) =>
				lists.flat().map((pfn): Extent => ({ first: pfn, end: pfn + 2 ** order, run: undefined })),
			),
		])
		.toSorted((a, b) => a.first - b.first);

function buildNode(
	id: number,
	nodeIds: readonly number[],
	results: readonly ProcZoneResult[],
	extents: readonly Extent[],
): NodeState {
	const zones = results.map(({ zone }) => zone).filter(({ node }) => node === id);
	zones.sort((a, b) => a.idx - b.idx);
	const startPfn = Math.min(...zones.map((zone) => zone.startPfn));
	const end = Math.max(...zones.map((zone) => zone.startPfn + zone.spanned));
	return {
		node: id,
		startPfn,
		present: zones.reduce((sum, { present }) => sum + present, 0),
		spanned: end - startPfn,
		zonelists: buildZonelists(id, nodeIds, results),
		zones,
		pages: runsOfSpan(extents, startPfn, end),
	};
}

/** All runs of a span, with class x for frames that no zone has; spans of nodes may contain other nodes. */
function runsOfSpan(extents: readonly Extent[], start: number, end: number): PageRun[] {
	const runs: PageRun[] = [];
	let at = start;
	for (const { first, end: last, run } of extents) {
		if (first < start || first >= end) continue;
		if (first > at) runs.push(["x", at, first - at]);
		if (run !== undefined) runs.push(run);
		at = last;
	}
	if (at < end) runs.push(["x", at, end - at]);
	return runs;
}

/** build_zonelists() with all nodes equally far: own node first, each node's zones from the highest down. */
function buildZonelists(
	id: number,
	nodeIds: readonly number[],
	results: readonly ProcZoneResult[],
): readonly (readonly (readonly [number, number])[])[] {
	const zonesOf = (node: number): (readonly [number, number])[] =>
		results
			.filter(({ zone }) => zone.node === node)
			.map(({ zone }) => [node, zone.idx] as const)
			.toSorted((a, b) => b[1] - a[1]);
	const from = nodeIds.indexOf(id);
	const order = [...nodeIds.slice(from), ...nodeIds.slice(0, from)];
	return [order.flatMap(zonesOf), zonesOf(id)];
}
