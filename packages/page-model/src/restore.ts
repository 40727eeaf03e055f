import { InputError, type KernelId, MAX_PAGE_ORDER } from "@pagelab/base";
import { MAX_NR_ZONES, MIGRATE_TYPES } from "@pagelab/gfp";
import { addToFreeList } from "./free-list.ts";
import { FRAME_PCP, Frames, listAddTail, PAGEBLOCK_ORDER, usedState } from "./frames.ts";
import type { MachineState, NodeState, ZoneState } from "./machine-state.ts";
import { type NodeModel, PageModel } from "./page-model.ts";
import { pageModelProfile } from "./profile.ts";
import { validate } from "./validate.ts";
import { isPopulated, NR_LOWORDER_PCP_LISTS, NR_PCP_LISTS, Zone } from "./zone.ts";

/** Largest machine, nearly 4 TiB: frames and the list heads behind them have numbers of 30 bits. */
export const MAX_FRAMES: number = 2 ** 30 - 2 ** 25;

function checkShape(state: MachineState): number {
	const zones = state.nodes.flatMap((n) => n.zones);
	if (zones.length === 0) throw new InputError("a machine needs at least one node with a zone");
	if (state.globals.pageblockOrder !== PAGEBLOCK_ORDER) {
		throw new InputError(
			`pageblock order ${state.globals.pageblockOrder} is not modelled, expected ${PAGEBLOCK_ORDER}`,
		);
	}
	const end = Math.max(...zones.map((z) => z.startPfn + z.spanned));
	if (!(end > 0 && end <= MAX_FRAMES)) {
		throw new InputError(`a machine that ends at frame ${end} cannot be modelled, expected 1 to ${MAX_FRAMES} frames`);
	}
	if (zones.length > 255) throw new InputError(`${zones.length} zones cannot be modelled, expected at most 255`);
	return end;
}

function paintBlocks(frames: Frames, zone: Zone, state: ZoneState): void {
	const first = state.blockStart >> PAGEBLOCK_ORDER;
	for (let i = 0; i < state.blocks.length; i++) {
		frames.blockType[first + i] = state.blocks[i] as number;
		frames.blockZone[first + i] = zone.id;
	}
}

function paintPages(frames: Frames, node: NodeState): void {
	for (const [letter, first, count] of node.pages) frames.state.fill(usedState(letter, 0), first, first + count);
}

function fillFreeLists(frames: Frames, zone: Zone, state: ZoneState): void {
	for (let order = 0; order <= MAX_PAGE_ORDER; order++) {
		for (let type = 0; type < MIGRATE_TYPES; type++) {
			for (const pfn of state.free[order]?.[type] ?? []) addToFreeList(frames, zone, pfn, order, type, true);
		}
	}
}

function fillPcpLists(frames: Frames, zone: Zone, state: ZoneState): void {
	state.pcp.forEach((saved, i) => {
		const pcp = zone.pcps[i];
		for (let pindex = 0; pcp !== undefined && pindex < NR_PCP_LISTS; pindex++) {
			const order = pindex < NR_LOWORDER_PCP_LISTS ? Math.floor(pindex / 3) : PAGEBLOCK_ORDER;
			for (const pfn of saved.lists[pindex] ?? []) {
				frames.state.fill(0, pfn, pfn + (1 << order));
				frames.state[pfn] = FRAME_PCP + order;
				listAddTail(frames.links, pcp.head + pindex, pfn);
				pcp.count += 1 << order;
			}
		}
	});
}

/** The zones that a request with this highest zone index tries, in order. */
function resolveZonelists(node: NodeState, zones: readonly Zone[]): Zone[][][] {
	return node.zonelists.map((list) => {
		const ordered = list
			.map(([nid, idx]) => zones.find((z) => z.node === nid && z.idx === idx))
			.filter((z): z is Zone => z !== undefined && isPopulated(z));
		return Array.from({ length: MAX_NR_ZONES }, (_, highest) => ordered.filter((z) => z.idx <= highest));
	});
}

/**
 * {@link restore} without the recount, for states that the package has made itself: a machine of 1 TiB spends most of its
 * boot there.
 */
export function restoreTrusted(state: MachineState, kernel: KernelId): PageModel {
	const end = checkShape(state);
	const zoneStates = state.nodes.flatMap((n) => n.zones);
	const nrHeads = zoneStates.reduce((n, z) => n + MAX_PAGE_ORDER * MIGRATE_TYPES + NR_PCP_LISTS * z.pcp.length, 0);
	const frames = new Frames(end, nrHeads, MIGRATE_TYPES * zoneStates.length);
	const zones = zoneStates.map((z, id) => new Zone(z, id, frames, state.globals.batchScaleMax));
	for (const node of state.nodes) paintPages(frames, node);
	zones.forEach((zone, i) => {
		const saved = zoneStates[i] as ZoneState;
		paintBlocks(frames, zone, saved);
		fillFreeLists(frames, zone, saved);
		fillPcpLists(frames, zone, saved);
	});
	const nodes: NodeModel[] = state.nodes.map((n) => ({
		node: n.node,
		startPfn: n.startPfn,
		present: n.present,
		spanned: n.spanned,
		zonelists: resolveZonelists(n, zones),
	}));
	return new PageModel({
		profile: pageModelProfile(kernel),
		globals: state.globals,
		frames,
		zones,
		nodes,
		listOrderKnown: state.listOrderKnown,
	});
}

/**
 * Makes a running page model from plain data.
 *
 * @throws InputError if the data describes no possible machine, or contradicts itself.
 */
export function restore(state: MachineState, kernel: KernelId): PageModel {
	const model = restoreTrusted(state, kernel);
	const problem = validate(model)[0];
	if (problem !== undefined) throw new InputError(`the state contradicts itself: ${problem}`);
	return model;
}
