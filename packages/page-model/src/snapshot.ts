import { NR_PAGE_ORDERS, pagesOfOrder } from "@pagelab/base";
import { MIGRATE_TYPES } from "@pagelab/gfp";
import { freeListMembers } from "./free-list.ts";
import { classOfState, FRAME_PCP, isPcpHead, isUsed, listMembers, PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "./frames.ts";
import type { MachineState, NodeState, PageClass, PcpState, ZoneState } from "./machine-state.ts";
import type { NodeModel, PageModel } from "./page-model.ts";
import { freeOrderAt } from "./pageblock.ts";
import { NR_PCP_LISTS, type Pcp, type Zone } from "./zone.ts";

function snapshotPcp(m: PageModel, pcp: Pcp): PcpState {
	return {
		cpu: pcp.cpu,
		count: pcp.count,
		high: pcp.high,
		highMin: pcp.highMin,
		highMax: pcp.highMax,
		batch: pcp.batch,
		flags: pcp.flags,
		allocFactor: pcp.allocFactor,
		freeCount: pcp.freeCount,
		expire: pcp.expire,
		statThreshold: pcp.statThreshold,
		freePagesDiff: pcp.freePagesDiff,
		lists: Array.from({ length: NR_PCP_LISTS }, (_, i) => listMembers(m.frames.links, pcp.head + i)),
	};
}

function snapshotZone(m: PageModel, zone: Zone): ZoneState {
	const blockStart = zone.startPfn & -PAGEBLOCK_PAGES;
	const lastBlock = (zone.endPfn - 1) >> PAGEBLOCK_ORDER;
	return {
		node: zone.node,
		idx: zone.idx,
		name: zone.name,
		startPfn: zone.startPfn,
		spanned: zone.endPfn - zone.startPfn,
		present: zone.present,
		managed: zone.managed,
		wmark: [zone.wmarkMin, zone.wmarkLow, zone.wmarkHigh, zone.wmarkPromo],
		boost: zone.boost,
		flags: zone.flags,
		lowmemReserve: [...zone.lowmemReserve],
		nrReservedHighatomic: zone.nrReservedHighatomic,
		nrFreeHighatomic: zone.nrFreeHighatomic,
		percpuDriftMark: zone.percpuDriftMark,
		nrFreePages: zone.freePages,
		free: Array.from({ length: NR_PAGE_ORDERS }, (_, order) =>
			Array.from({ length: MIGRATE_TYPES }, (_, type) => freeListMembers(m.frames, zone, order, type)),
		),
		nrFree: [...zone.nrFree],
		pcp: zone.pcps.map((p) => snapshotPcp(m, p)),
		blockStart,
		blocks:
			zone.endPfn === zone.startPfn
				? []
				: [...m.frames.blockType.subarray(blockStart >> PAGEBLOCK_ORDER, lastBlock + 1)],
	};
}

/** What a run says of the block that begins at a frame: its class and pages, or undefined where nothing begins. */
function runAt(m: PageModel, pfn: number): readonly [PageClass, number] | undefined {
	const s = m.frames.state[pfn] as number;
	// Pages on per-CPU lists have no reference.
	if (isPcpHead(s)) return ["0", pagesOfOrder(s - FRAME_PCP)];
	return isUsed(s) ? [classOfState(s), pagesOfOrder(s & 0xf)] : undefined;
}

/** Runs of the frames of a node's span that are on no free list. A block that was allocated as one is a run of its class. */
function snapshotPages(m: PageModel, node: NodeModel): [PageClass, number, number][] {
	const runs: [PageClass, number, number][] = [];
	const end = Math.min(node.startPfn + node.spanned, m.frames.nrFrames);
	for (let pfn = node.startPfn; pfn < end; ) {
		const free = freeOrderAt(m, pfn);
		const run = free < 0 ? runAt(m, pfn) : undefined;
		if (run === undefined) {
			pfn += free < 0 ? 1 : pagesOfOrder(free);
			continue;
		}
		const [letter, pages] = run;
		const last = runs.at(-1);
		if (last !== undefined && last[0] === letter && last[1] + last[2] === pfn) last[2] += pages;
		else runs.push([letter, pfn, pages]);
		pfn += pages;
	}
	return runs;
}

function snapshotNode(m: PageModel, node: NodeModel): NodeState {
	const zones = m.zones.filter((z) => z.node === node.node);
	return {
		node: node.node,
		startPfn: node.startPfn,
		present: node.present,
		spanned: node.spanned,
		zonelists: node.zonelists.map((byHighest) => (byHighest.at(-1) ?? []).map((z) => [z.node, z.idx] as const)),
		zones: zones.map((z) => snapshotZone(m, z)),
		pages: snapshotPages(m, node),
	};
}

/**
 * The state of a page model as plain data, equal to what `restore` would need to go on. Of the classes of frames in use it
 * keeps what restore was given; pages allocated since are A, or L once marked movable.
 */
export function snapshot(m: PageModel): MachineState {
	return {
		globals: m.globals,
		nodes: m.nodes.map((n) => snapshotNode(m, n)),
		listOrderKnown: m.listOrderKnown,
	};
}
