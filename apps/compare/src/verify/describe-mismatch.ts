import type { MachineState, ZoneState } from "@pagelab/page-model";
import type { BuddyOp } from "@pagelab/trace";
import type { BuddyReplay, Mismatch } from "./replay-buddy.ts";

const SHOWN_MEMBERS = 6;
const TYPE_LETTERS = "UMEHI";

const hex = (gfp: number): string => `0x${gfp.toString(16)}`;

function describeOp(op: BuddyOp): string {
	switch (op.op) {
		case "a":
		case "x":
			return `alloc_pages(${hex(op.gfp)}, order ${op.order}) ${op.n} times into slots from ${op.slot}`;
		case "b":
			return `alloc_pages_bulk(${hex(op.gfp)}, ${op.n}) into slots from ${op.slot}`;
		case "e":
			return `alloc_pages_exact(${op.bytes}, ${hex(op.gfp)}) into slot ${op.slot}`;
		case "f":
			return `__free_pages of slots ${op.slot} to ${op.slot + op.n - 1}`;
		case "r":
			return `release_pages of slots ${op.slot} to ${op.slot + op.n - 1}`;
		case "p":
			return `PF_MEMALLOC ${op.on ? "set" : "cleared"}`;
		case "d":
			return "drain_local_pages";
		case "y":
			return "decay_pcp_high of each zone";
		default:
			return "state compared";
	}
}

const members = (list: readonly number[]): string =>
	list.slice(0, SHOWN_MEMBERS).join(" ") + (list.length > SHOWN_MEMBERS ? ` … (${list.length})` : "");

/** Free lists and per-CPU lists of a zone, heads first, without the empty ones. */
function describeLists(zone: ZoneState): string[] {
	const lines = [
		`  node ${zone.node} ${zone.name}: free ${zone.nrFreePages}, flags ${zone.flags}, boost ${zone.boost}`,
	];
	for (const pcp of zone.pcp) {
		lines.push(`    cpu ${pcp.cpu}: count ${pcp.count}, high ${pcp.high}, free_count ${pcp.freeCount}`);
		pcp.lists.forEach((list, i) => {
			if (list.length > 0) lines.push(`      pcp list ${i}: ${members(list)}`);
		});
	}
	zone.free.forEach((byType, order) => {
		byType.forEach((list, type) => {
			if (list.length > 0) lines.push(`    order ${order} ${TYPE_LETTERS[type]}: ${members(list)}`);
		});
	});
	return lines;
}

/** Zones that a difference is about: the one in its path, else all. */
function zonesOf(what: string, state: MachineState): readonly ZoneState[] {
	const all = state.nodes.flatMap((n) => n.zones);
	const match = /nodes\[(\d+)\]\.zones\[(\d+)\]/.exec(what);
	const zone = match === null ? undefined : state.nodes[Number(match[1])]?.zones[Number(match[2])];
	return zone === undefined ? all : [zone];
}

function describeDifference({ op, what, kernel, model, state }: Mismatch): string[] {
	const where = op === undefined ? "in the final state" : `at operation ${op.i}: ${describeOp(op)}`;
	return [
		`  first difference ${where}`,
		`    ${what}: kernel ${JSON.stringify(kernel)}, model ${JSON.stringify(model)}`,
		"  the model's lists there, heads first:",
		...zonesOf(what, state).flatMap(describeLists),
	];
}

const ratio = ({ equal, recorded }: { readonly equal: number; readonly recorded: number }): string =>
	`${equal}/${recorded}`;

/** One line for a recording that is exact; for another the first difference with the lists around it. */
export function describeReplay(replay: BuddyReplay, width: number): string[] {
	const { pfns, dumps, failures, lights, mismatch } = replay;
	const extras = [
		failures.recorded > 0 ? `failed ${ratio(failures)}` : "",
		lights.recorded > 0 ? `lights ${ratio(lights)}` : "",
	].filter((text) => text !== "");
	const verdict = mismatch === undefined ? "final exact" : "NOT EXACT";
	const name = replay.name.replace(/^dev-/, "").padEnd(width);
	const line = [`${name}  pfn ${ratio(pfns)}`, `dumps ${ratio(dumps)}`, verdict, ...extras].join("  ");
	return mismatch === undefined ? [line] : [line, ...describeDifference(mismatch)];
}
