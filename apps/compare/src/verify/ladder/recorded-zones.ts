import { InputError } from "@pagelab/base";
import type { MachineState } from "@pagelab/page-model";
import type { ZoneNumbers } from "@pagelab/slow-path";
import type { BuddyListener } from "./buddy-events.ts";
import { ZoneTracker } from "./zone-tracker.ts";

/** A claim or a steal boosts once for each attempt before it; how many there were has no event. */
const BOOSTS_OF_CLAIM = 1;
const BOOSTS_OF_STEAL = 2;

/** The zones of a recorded machine at each moment of the recording, as far as a request looks at them. */
export class RecordedZones implements BuddyListener {
	readonly zones: readonly ZoneTracker[];
	/** Boosts of its zones when balance_pgdat() began, which takes them off when it ends. */
	#boosts: readonly number[] = [];
	/** Moves that contradict what was known: frames taken twice or returned twice. */
	contradictions = 0;
	/** Blocks that direct compaction captured. */
	captured = 0;

	constructor(initial: MachineState) {
		this.zones = initial.nodes.flatMap((node) => node.zones.map((zone) => new ZoneTracker(zone)));
	}

	/** @throws InputError for frames outside all zones; so do all that are told of one. */
	zoneOf(pfn: number): ZoneTracker {
		const zone = this.zones.find((z) => z.spans(pfn));
		if (zone === undefined)
			throw new InputError(`frame ${pfn} of the trace is in no zone, expected those of the state`);
		return zone;
	}

	/** The position of the zone with this name. */
	indexOf(name: string): number {
		const index = this.zones.findIndex((zone) => zone.state.name === name);
		if (index < 0) throw new InputError(`zone "${name}" of the trace is not in the state, expected those of the state`);
		return index;
	}

	/** How high the boosts can be. */
	get largestBoosts(): number[] {
		return this.zones.map((zone) => zone.largestBoost);
	}

	take(pfn: number, order: number): void {
		const zone = this.zoneOf(pfn);
		if (!zone.isFree(pfn)) this.contradictions++;
		zone.take(pfn, order);
	}

	give(pfn: number, order: number): void {
		const zone = this.zoneOf(pfn);
		if (zone.isFree(pfn)) this.contradictions++;
		zone.give(pfn, order);
	}

	allocated(pfn: number, order: number): void {
		const zone = this.zoneOf(pfn);
		if (!zone.isFree(pfn)) return;
		this.captured++;
		zone.take(pfn, order);
	}

	fallback(pfn: number, claimed: boolean): void {
		this.zoneOf(pfn).raiseBoost(claimed ? BOOSTS_OF_CLAIM : BOOSTS_OF_STEAL);
	}

	fold(): void {
		for (const zone of this.zones) zone.fold();
	}

	balance(highestZone: number): void {
		this.#boosts = this.zones.map((zone) => (zone.state.idx <= highestZone ? zone.boost : 0));
	}

	balanced(): void {
		for (const [i, zone] of this.zones.entries()) zone.dropBoost(this.#boosts[i] ?? 0);
	}

	get numbers(): ZoneNumbers[] {
		return this.zones.map((zone) => zone.numbers);
	}
}
