import { InputError, type KernelId, MAX_PAGE_ORDER } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import type { MachineState, NodeState, PageRun, PcpState, ZoneState } from "@pagelab/page-model";
import { stateFromMemInfo, type ZoneMemInfo } from "@pagelab/slow-path";
import type { KlogEvent } from "../../events/klog-event.ts";
import { type LoggedZone, loggedZones } from "../../sections/logged-zones.ts";
import type { MemInfo } from "../../sections/mem-info.ts";
import type { GfpMask } from "../../sections/decode-mask.ts";
import { inferred, logged, type Statement } from "../statement.ts";
import { modelMask } from "./model-mask.ts";
import { isSound, type ModelZone, modelZone, zoneName, type ZoneSetting } from "./model-zone.ts";
import { nearestKernel } from "./nearest-kernel.ts";
import { zoneColumns } from "./zone-slots.ts";

/** What a machine of a logged event is needed for. */
export interface EventMachineOptions {
	/**
	 * `whole`: all frames that the log says are there, those on LRU lists among them, so that the machine can go on running.
	 * `request` (the default): the free ones only, which is all that a single request looks at; marks and counters are the same.
	 */
	readonly frames?: "whole" | "request";
}

/** A machine with the numbers of a logged event, and what the log did not say. */
export interface EventMachine {
	readonly state: MachineState;
	/** Profile that is nearest to the log's kernel. */
	readonly kernel: KernelId;
	/** That the profile is not the log's own kernel; null where it is. */
	readonly kernelNote: Statement | null;
	/** Pages that reclaim could take from each zone, in the order of the state's zones. */
	readonly reclaimable: readonly number[];
	readonly notes: readonly Statement[];
}

/** Free blocks that are laid out at most, and frames. */
const BLOCKS_MAX = { whole: 2 ** 24, request: 2 ** 22 } as const;
const FRAMES_MAX = { whole: 2 ** 30 - 2 ** 26, request: 2 ** 26 } as const;
/** vmstat threshold max; a report that was not read in one moment can have more between counter and lists. */
const STAT_THRESHOLD_MAX = 125;

const LIST_ORDER = inferred(
	"Not in the log and made up: where pages lie, their order inside the lists, and which per-CPU lists hold the pages of free_pcp (all are taken as movable single pages).",
);

/** The Mem-Info of an event; null for kinds that have none. */
export const memInfoOfEvent = (event: KlogEvent): MemInfo | null => ("memInfo" in event ? event.memInfo : null);

/** The mask that an event is about; null where it is not in the log. */
export function maskOfEvent(event: KlogEvent): GfpMask | null {
	if (event.kind === "oom") return event.trigger?.gfp ?? null;
	return "gfp" in event ? event.gfp : null;
}

/** A report leaves out zones above those of its request. 64-bit kernels have no HighMem, but may have Movable. */
export function hasUnseenHighMem({ totals }: MemInfo, names: readonly string[]): boolean {
	const is64Bit = names.includes("DMA32") || names.includes("Movable");
	return (totals["pages HighMem"] ?? 0) > 0 || (!is64Bit && (totals["pages HighMem/MovableOnly"] ?? 0) > 0);
}

function settingOf(memInfo: MemInfo, event: KlogEvent): ZoneSetting {
	const names = memInfo.zones.map(({ zone }) => zone);
	const columns = Math.max(0, ...memInfo.zones.map(({ lowmem_reserve }) => lowmem_reserve?.length ?? 0));
	const hasHighMem = names.includes("HighMem") || hasUnseenHighMem(memInfo, names);
	const mask = maskOfEvent(event);
	const bits = mask === null ? null : modelMask(mask);
	return {
		pageKb: memInfo.pageKb ?? 4,
		columns: zoneColumns(hasHighMem ? [...names, "HighMem"] : names, columns),
		hasHighMem,
		manyNodes: new Set(memInfo.zones.map(({ node }) => node ?? 0)).size > 1,
		// Without a mask nothing is known against it.
		cmaUsable: bits === null || (bits & GFP.MOVABLE) !== 0,
		canSwap: (memInfo.swap?.freeKb ?? 0) > 0,
	};
}

/** Zones of the log that the model can have, and why others cannot. */
function takeZones(memInfo: MemInfo, setting: ZoneSetting): { zones: ModelZone[]; notes: Statement[] } {
	const zones: ModelZone[] = [];
	const notes: Statement[] = [];
	loggedZones(memInfo).forEach((zone, i) => {
		const info = memInfo.zones[i];
		const taken = info === undefined ? "its line is missing" : modelZone(zone, info, setting);
		const name = zoneName(zone, setting.manyNodes);
		if (typeof taken === "string") notes.push(inferred(`Zone ${name} is left out: ${taken}.`));
		else if (zones.some((other) => other.zone.node === taken.zone.node && other.zone.idx === taken.zone.idx)) {
			notes.push(inferred(`Zone ${name} stands twice in the log: the first one counts.`));
		} else zones.push(taken);
	});
	zones.sort((a, b) => a.zone.node - b.zone.node || a.zone.idx - b.zone.idx);
	return { zones, notes };
}

/** Asked before anything is laid out: a damaged number can be of any size. */
function refuseTooLarge(zones: readonly LoggedZone[], frames: "whole" | "request"): void {
	const sum = (count: (zone: LoggedZone) => number): number => zones.reduce((total, zone) => total + count(zone), 0);
	const inOrders = (zone: LoggedZone, size: (order: number) => number): number =>
		(zone.orders ?? []).reduce((n, { order, blocks }) => n + blocks * size(order), 0);
	const blocks = sum(
		(zone) => (zone.free_pcp ?? 0) + inOrders(zone, (order) => 2 ** Math.max(0, order - MAX_PAGE_ORDER)),
	);
	// A free block has a used one beside it, so that nothing merges.
	const free = sum(
		(zone) =>
			2 *
			Math.max(
				zone.free ?? 0,
				inOrders(zone, (order) => 2 ** order),
			),
	);
	const needed = free + sum((zone) => (frames === "whole" ? (zone.present ?? 0) : 0));
	if (blocks <= BLOCKS_MAX[frames] && needed <= FRAMES_MAX[frames]) return;
	throw new InputError(
		`the machine of this event is too large for the model: ${blocks} free blocks in ${needed} frames, expected at most ${BLOCKS_MAX[frames]} in ${FRAMES_MAX[frames]}`,
	);
}

/** The pages of free_pcp that are not this CPU's go to another one. */
function splitPcp(pcp: PcpState, localPages: number): PcpState[] {
	const settled = { ...pcp, statThreshold: Math.max(STAT_THRESHOLD_MAX, Math.abs(pcp.freePagesDiff)) };
	const others = pcp.count - localPages;
	if (others === 0) return [settled];
	const part = (cpu: number, from: number, to: number): PcpState => ({
		...settled,
		cpu,
		count: to - from,
		lists: pcp.lists.map((list) => list.slice(from, to)),
		freePagesDiff: cpu === 0 ? settled.freePagesDiff : 0,
	});
	return [part(0, 0, localPages), part(1, localPages, pcp.count)];
}

const EMPTY_OTHER_CPU = { cpu: 1, count: 0, freePagesDiff: 0 } as const;

/** Zones with the numbers of the log, of which the layout knows nothing; every zone has as many CPUs as the others. */
function settleZone(state: ZoneState, { zone }: ModelZone, cpus: number): ZoneState {
	const [pcp] = state.pcp;
	if (pcp === undefined) return state;
	const split = splitPcp(pcp, zone.localPcp);
	if (split.length < cpus) split.push({ ...pcp, ...EMPTY_OTHER_CPU, lists: pcp.lists.map(() => []) });
	return { ...state, present: zone.present, managed: zone.managed, pcp: split };
}

/** Turns frames in use into frames on LRU lists, from the end of the zone. */
function paintLru(runs: readonly PageRun[], zone: ZoneState, pages: number): PageRun[] {
	let missing = pages;
	const end = zone.startPfn + zone.spanned;
	const painted = runs.toReversed().flatMap((run): PageRun[] => {
		const [kind, first, count] = run;
		if (kind !== "A" || first < zone.startPfn || first >= end || missing === 0) return [run];
		const taken = Math.min(count, missing);
		missing -= taken;
		const rest = count - taken;
		return rest === 0
			? [["L", first, taken]]
			: [
					["L", first + rest, taken],
					["A", first, rest],
				];
	});
	return painted.toReversed();
}

/** The state of the layout with the log's own numbers. */
function settle(state: MachineState, zones: readonly ModelZone[], frames: "whole" | "request"): MachineState {
	const cpus = zones.some(({ zone }) => zone.freePcp > zone.localPcp) ? 2 : 1;
	const minFree = zones.reduce((sum, { zone }) => sum + zone.min - zone.boost, 0);
	const modelOf = (zone: ZoneState): ModelZone =>
		zones.find((z) => z.zone.node === zone.node && z.zone.idx === zone.idx) as ModelZone;
	const nodes = state.nodes.map((node): NodeState => {
		const own = node.zones.map((zone) => settleZone(zone, modelOf(zone), cpus));
		const pages =
			frames === "request"
				? node.pages
				: own.reduce((runs, zone) => paintLru(runs, zone, modelOf(zone).reclaimable), [...node.pages]);
		return { ...node, zones: own, pages };
	});
	return { ...state, globals: { ...state.globals, minFreeKbytes: minFree * 4 }, nodes };
}

/** Without frames that are neither free nor needed; one stays, since a zone has a place. */
const framesOf = (zone: ZoneMemInfo, frames: "whole" | "request"): ZoneMemInfo => ({
	...zone,
	present: frames === "whole" ? Math.max(1, zone.present) : 1,
});

function generalNotes(memInfo: MemInfo, setting: ZoneSetting): Statement[] {
	const notes: Statement[] = [];
	if (memInfo.pageKb !== null && memInfo.pageKb !== 4) {
		notes.push(
			logged(
				`Pages are of ${memInfo.pageKb} KiB: page counts of the machine are in such pages, although the model takes them for 4 KiB.`,
			),
		);
	}
	if (setting.hasHighMem)
		notes.push(
			inferred(
				"The model has no HighMem: the zone stands in the place of Movable, where only movable requests reach it.",
			),
		);
	return notes;
}

/**
 * A machine with the numbers of a logged event: marks with boost, lowmem_reserve, free blocks by order and migratetype, pages of
 * the per-CPU lists, managed and reclaimable pages of each zone. What the log leaves open is chosen and said in the notes.
 * Not modelled: zones that the report's filter left out, and pages that were freed between the failure and its report.
 *
 * @throws InputError for an event without Mem-Info, without a usable zone, or with more memory than can be laid out.
 */
export function machineOfEvent(event: KlogEvent, { frames = "request" }: EventMachineOptions = {}): EventMachine {
	const memInfo = memInfoOfEvent(event);
	if (memInfo === null || memInfo.zones.length === 0) {
		throw new InputError("the event has no Mem-Info with zones, expected a report with the state of memory", {
			line: event.firstLine,
		});
	}
	refuseTooLarge(loggedZones(memInfo).filter(isSound), frames);
	const setting = settingOf(memInfo, event);
	const { zones, notes } = takeZones(memInfo, setting);
	if (zones.length === 0) {
		throw new InputError("no zone of the event's Mem-Info is usable, expected lines with free pages and marks", {
			line: event.firstLine,
		});
	}
	const laidOut = stateFromMemInfo({ zones: zones.map(({ zone }) => framesOf(zone, frames)) });
	const { kernel, note } = nearestKernel(event.kernel);
	return {
		state: settle(laidOut, zones, frames),
		kernel,
		kernelNote: note,
		reclaimable: zones.map(({ reclaimable }) => reclaimable),
		notes: [...generalNotes(memInfo, setting), ...notes, ...zones.flatMap((zone) => zone.notes), LIST_ORDER],
	};
}
