import { InputError, type InputPosition, pagesOfOrder } from "@pagelab/base";
import { MIGRATE } from "@pagelab/gfp";
import type { MachineState, NodeState, PcpState, ZoneState } from "@pagelab/page-model";

const MIGRATETYPE_NAMES = ["UNMOVABLE", "MOVABLE", "RECLAIMABLE", "HIGHATOMIC", "ISOLATE"];
const PCPTYPES = 3;
const LOW_ORDER_LISTS = 12;

type Fail = (path: string, message: string) => never;

/** Order of the blocks on a per-CPU list. */
export const pcpListOrder = (list: number, pageblockOrder: number): number =>
	list < LOW_ORDER_LISTS ? Math.floor(list / PCPTYPES) : pageblockOrder;

/**
 * Refuses a state that contradicts itself, so that no model is ever built from one: counts are recounted from the lists,
 * every block is aligned, inside its zone and on one list only, and every frame of a node's span is either free or in a
 * page run. Costs O(n log n) in the number of blocks and runs.
 *
 * Not checked, because real kernels do not keep it at every moment: that free buddies are merged, and that
 * nr_reserved_highatomic equals the HIGHATOMIC pageblocks.
 *
 * @throws InputError with the path of the contradiction, as in `nodes[0].zones[1].free[3]`.
 */
export function checkMachineState(state: MachineState, at: InputPosition = {}): void {
	const fail: Fail = (path, message) => {
		throw new InputError(message, { ...at, path: at.path ? `${at.path}.${path}` : path });
	};
	if (state.globals.nrOnlineNodes !== state.nodes.length) {
		fail(
			"globals.nr_online_nodes",
			`${state.globals.nrOnlineNodes} nodes are said to be online, but the state has ${state.nodes.length}`,
		);
	}
	state.nodes.forEach((node, i) => {
		const previous = state.nodes[i - 1];
		if (previous !== undefined && previous.node >= node.node) {
			fail(`nodes[${i}].node`, `node ${node.node} follows node ${previous.node}, expected ascending numbers`);
		}
		checkNode(state, node, (path, message) => fail(`nodes[${i}].${path}`, message));
	});
	const free = new BlockSet(state);
	free.checkDisjoint(state, fail);
	state.nodes.forEach((node, i) => {
		checkCover(node, free, (path, message) => fail(`nodes[${i}].${path}`, message));
	});
}

function checkNode(state: MachineState, node: NodeState, fail: Fail): void {
	node.zones.forEach((zone, i) => {
		const failZone: Fail = (path, message) => fail(path === "" ? `zones[${i}]` : `zones[${i}].${path}`, message);
		const previous = node.zones[i - 1];
		if (previous !== undefined && previous.idx >= zone.idx) {
			failZone("idx", `zone ${zone.idx} follows zone ${previous.idx}, expected ascending numbers`);
		}
		if (zone.node !== node.node) failZone("node", `the zone says node ${zone.node}, but stands in node ${node.node}`);
		checkZoneSpan(node, zone, failZone);
		checkFreeLists(zone, state.globals.pageblockOrder, failZone);
		zone.pcp.forEach((pcp, c) => {
			checkPcp(zone, pcp, state.globals.pageblockOrder, (path, message) => failZone(`pcp[${c}].${path}`, message));
		});
	});
	const present = node.zones.reduce((sum, zone) => sum + zone.present, 0);
	if (present !== node.present) {
		fail("present", `the node has ${node.present} pages, but its zones have ${present} together`);
	}
	checkZonelists(state, node, fail);
}

function checkZonelists(state: MachineState, node: NodeState, fail: Fail): void {
	node.zonelists.forEach((list, k) => {
		list.forEach(([id, idx], i) => {
			const zone = state.nodes.find((n) => n.node === id)?.zones.find((z) => z.idx === idx);
			if (zone === undefined) fail(`zonelists[${k}][${i}]`, `there is no zone ${idx} on node ${id}`);
		});
	});
}

function checkZoneSpan(node: NodeState, zone: ZoneState, fail: Fail): void {
	const { startPfn, spanned, present, managed } = zone;
	if (startPfn < node.startPfn || startPfn + spanned > node.startPfn + node.spanned) {
		fail(
			"start_pfn",
			`the zone spans frames ${span(startPfn, spanned)}, outside of its node (${span(node.startPfn, node.spanned)})`,
		);
	}
	if (present > spanned) fail("present", `${present} pages are present in a span of ${spanned}`);
	if (managed > present) fail("managed", `${managed} pages are managed, but only ${present} are present`);
	zone.wmark.forEach((mark, i) => {
		const below = zone.wmark[i - 1] ?? 0;
		if (mark < below) fail(`wmark[${i}]`, `the watermark ${mark} is below the one before it (${below})`);
	});
}

const span = (start: number, count: number): string => `${start} to ${start + count - 1}`;

/** Why a block cannot be where it is said to be, or undefined. */
function misplaced(zone: ZoneState, pfn: number, order: number): string | undefined {
	const pages = pagesOfOrder(order);
	if (pfn % pages !== 0) return `block ${pfn} of order ${order} is not aligned to its size`;
	if (pfn < zone.startPfn || pfn + pages > zone.startPfn + zone.spanned) {
		return `frame ${pfn} (order ${order}) is outside of the zone (${span(zone.startPfn, zone.spanned)})`;
	}
	return undefined;
}

function checkFreeLists(zone: ZoneState, pageblockOrder: number, fail: Fail): void {
	const blockPages = pagesOfOrder(pageblockOrder);
	const firstBlock = zone.startPfn - (zone.startPfn % blockPages);
	if (zone.blockStart !== firstBlock) {
		fail("block_start", `pageblocks start at ${zone.blockStart}, expected ${firstBlock} for this span`);
	}
	const blocks = Math.ceil((zone.startPfn + zone.spanned - firstBlock) / blockPages);
	if (zone.blocks.length !== blocks) {
		fail("blocks", `${zone.blocks.length} pageblocks are listed, expected ${blocks} for this span`);
	}
	let freePages = 0;
	let highatomicPages = 0;
	zone.free.forEach((lists, order) => {
		const count = checkFreeArea(zone, order, blockPages, fail);
		if (count !== zone.nrFree[order]) {
			fail(`free[${order}]`, `the lists have ${count} blocks, but nr_free says ${zone.nrFree[order]}`);
		}
		// Pages of ISOLATE blocks are not part of NR_FREE_PAGES.
		freePages += (count - (lists[MIGRATE.ISOLATE]?.length ?? 0)) * pagesOfOrder(order);
		highatomicPages += (lists[MIGRATE.HIGHATOMIC]?.length ?? 0) * pagesOfOrder(order);
	});
	checkFreeCounters(zone, freePages, highatomicPages, fail);
}

function checkFreeArea(zone: ZoneState, order: number, blockPages: number, fail: Fail): number {
	let count = 0;
	zone.free[order]?.forEach((list, migratetype) => {
		count += list.length;
		list.forEach((pfn, i) => {
			const why = misplaced(zone, pfn, order);
			if (why !== undefined) fail(`free[${order}].${migratetype}[${i}]`, why);
			const type = zone.blocks[Math.floor((pfn - zone.blockStart) / blockPages)] ?? -1;
			if (type !== migratetype) {
				fail(
					`free[${order}].${migratetype}[${i}]`,
					`frame ${pfn} is on the ${MIGRATETYPE_NAMES[migratetype]} list, ` +
						`but its pageblock is ${MIGRATETYPE_NAMES[type]}`,
				);
			}
		});
	});
	return count;
}

function checkFreeCounters(zone: ZoneState, freePages: number, highatomicPages: number, fail: Fail): void {
	const counted = zone.pcp.reduce((sum, pcp) => sum + pcp.freePagesDiff, zone.nrFreePages);
	if (counted !== freePages) {
		fail(
			"vm_stat[0]",
			`NR_FREE_PAGES with its per-CPU parts is ${counted}, but the free lists hold ${freePages} pages`,
		);
	}
	if (zone.nrFreeHighatomic !== highatomicPages) {
		fail(
			"nr_free_highatomic",
			`${zone.nrFreeHighatomic} pages are said to be free in HIGHATOMIC blocks, but their lists hold ${highatomicPages}`,
		);
	}
}

function checkPcp(zone: ZoneState, pcp: PcpState, pageblockOrder: number, fail: Fail): void {
	let pages = 0;
	pcp.lists.forEach((list, l) => {
		const order = pcpListOrder(l, pageblockOrder);
		pages += list.length * pagesOfOrder(order);
		list.forEach((pfn, i) => {
			const why = misplaced(zone, pfn, order);
			if (why !== undefined) fail(`lists[${l}][${i}]`, why);
		});
	});
	if (pages !== pcp.count) fail("count", `the lists hold ${pages} pages, but count says ${pcp.count}`);
	if (pcp.highMin > pcp.highMax) fail("high_min", `high_min ${pcp.highMin} is above high_max ${pcp.highMax}`);
}

const ORDER_CODES = 32;
const PCP_CODE = 16;

/** All blocks of all free lists and per-CPU lists, sorted by frame: `pfn * 32 + 16 if per-CPU + order`. */
class BlockSet {
	readonly #keys: Float64Array;

	constructor(state: MachineState) {
		const keys: number[] = [];
		for (const zone of state.nodes.flatMap((node) => node.zones)) {
			zone.free.forEach((lists, order) => {
				for (const list of lists) for (const pfn of list) keys.push(pfn * ORDER_CODES + order);
			});
			for (const pcp of zone.pcp) {
				pcp.lists.forEach((list, l) => {
					const code = PCP_CODE + pcpListOrder(l, state.globals.pageblockOrder);
					for (const pfn of list) keys.push(pfn * ORDER_CODES + code);
				});
			}
		}
		this.#keys = Float64Array.from(keys).sort();
	}

	get length(): number {
		return this.#keys.length;
	}

	pfn(i: number): number {
		return Math.floor((this.#keys[i] as number) / ORDER_CODES);
	}

	/** First frame after the block. */
	end(i: number): number {
		return this.pfn(i) + pagesOfOrder((this.#keys[i] as number) % PCP_CODE);
	}

	onPcp(i: number): boolean {
		return (this.#keys[i] as number) % ORDER_CODES >= PCP_CODE;
	}

	/** Index of the first block at or after a frame. */
	firstFrom(pfn: number): number {
		let low = 0;
		let high = this.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if (this.pfn(middle) < pfn) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	checkDisjoint(state: MachineState, fail: Fail): void {
		for (let i = 1; i < this.length; i++) {
			if (this.end(i - 1) <= this.pfn(i)) continue;
			const paths = [...pathsOf(state, this.pfn(i - 1)), ...pathsOf(state, this.pfn(i))];
			const [first, second] = [...new Set(paths)];
			fail(
				second ?? first ?? "nodes",
				second === undefined
					? `frame ${this.pfn(i)} is twice on this list`
					: `frame ${this.pfn(i)} is also in a block of ${first}`,
			);
		}
	}
}

/** The paths of the lists that have a block with this head; only for error messages. */
function pathsOf(state: MachineState, pfn: number): string[] {
	const paths: string[] = [];
	const add = (list: readonly number[], path: string): void => {
		if (list.includes(pfn)) paths.push(path);
	};
	state.nodes.forEach((node, n) => {
		node.zones.forEach((zone, z) => {
			const at = `nodes[${n}].zones[${z}]`;
			zone.free.forEach((lists, order) => {
				lists.forEach((list, type) => {
					add(list, `${at}.free[${order}].${type}`);
				});
			});
			zone.pcp.forEach((pcp, c) => {
				pcp.lists.forEach((list, l) => {
					add(list, `${at}.pcp[${c}].lists[${l}]`);
				});
			});
		});
	});
	return paths;
}

/** Page runs and free blocks must tile the node's span; blocks on per-CPU lists lie inside runs of class 0. */
function checkCover(node: NodeState, blocks: BlockSet, fail: Fail): void {
	const end = node.startPfn + node.spanned;
	let next = node.startPfn;
	let b = blocks.firstFrom(next);
	node.pages.forEach(([kind, first, count], i) => {
		const path = `pages[${i}]`;
		for (; b < blocks.length && blocks.pfn(b) < first; b++) {
			if (blocks.onPcp(b)) fail(path, `frame ${blocks.pfn(b)} is on a per-CPU list, but in no run of class 0`);
			if (blocks.pfn(b) > next) break;
			next = blocks.end(b);
		}
		if (first > next) fail(path, `frames ${span(next, first - next)} are neither free nor in a run`);
		if (first < next) fail(path, `frame ${first} is in a run, but also free or in the run before`);
		next = first + count;
		for (; b < blocks.length && blocks.pfn(b) < next; b++) {
			if (!blocks.onPcp(b)) fail(path, `frame ${blocks.pfn(b)} is free, but in a run of class ${kind}`);
			if (kind !== "0") fail(path, `frame ${blocks.pfn(b)} is on a per-CPU list, but in a run of class ${kind}`);
			if (blocks.end(b) > next)
				fail(path, `block ${blocks.pfn(b)} on a per-CPU list reaches out of its run of class 0`);
		}
	});
	for (; b < blocks.length && blocks.pfn(b) === next && next < end && !blocks.onPcp(b); b++) next = blocks.end(b);
	if (next !== end) {
		fail("pages", `free blocks and runs end at frame ${next - 1}, but the node ends at frame ${end - 1}`);
	}
}
