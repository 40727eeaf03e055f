import { getOrder, InputError, invariant, type KernelId, PAGE_SIZE } from "@pagelab/base";
import { GFP } from "@pagelab/gfp";
import { type AllocContext, ALLOC_WARNING, type AllocRequest, MM_EVENT } from "@pagelab/contracts";
import { createTask, kernelScopes, noreclaimScopes, PF } from "@pagelab/memalloc";
import {
	decayPcpHigh,
	drainAllPages,
	drainLocalPages,
	freePages,
	freePagesExact,
	type MachineState,
	type PageModel,
	releasePages,
	restore,
	type Zone,
} from "@pagelab/page-model";
import {
	type AllocEnv,
	allocPages,
	allocPagesBulk,
	allocPagesExact,
	slowPathProfile,
	WarnOnce,
} from "@pagelab/slow-path";
import { delay, type Steps } from "@pagelab/sim";
import type { SlotRange, StepOperation } from "./operation.ts";
import type { PcpChange, StepEvent } from "./step-event.ts";
import { type RunningRequest, stepObserver, zoneName } from "./step-observer.ts";

/** Something allocated by hand. */
export interface Slot {
	readonly pfn: number;
	/** Order of the block, or -1 for single pages of alloc_pages_exact(). */
	readonly order: number;
	readonly pages: number;
}

/** Waits after which a request that still goes on is taken for one that never ends. */
const MAX_WAITS = 64;

/** Ends a request whose next step would kill a task. */
class OutOfMemory extends Error {}

type Outcome<T> =
	| { readonly value: T }
	| { readonly value: undefined; readonly why: "loops for ever" | "out of memory" };

const WARNING_NAMES = new Map<number, string>(Object.entries(ALLOC_WARNING).map(([name, number]) => [number, name]));

/** A machine on which operations are performed one by one, and which tells what happens. */
export class StepMachine {
	readonly model: PageModel;
	readonly slots: Map<number, Slot> = new Map();
	readonly #env: AllocEnv;
	readonly #context: AllocContext = { task: createTask("step", 1), preemptCount: 0, rtTask: false };
	#events: StepEvent[] = [];
	#running: RunningRequest = { order: 0, extra: 0 };
	/** No slot below this one is free. */
	#lowestFree = 0;

	/** @throws InputError for a state that contradicts itself. */
	constructor(state: MachineState, kernel: KernelId) {
		this.model = restore(state, kernel);
		const emit = (event: StepEvent): void => {
			this.#events.push(event);
		};
		this.model.observer = stepObserver(emit, () => this.#running);
		this.model.onBoostedWake = (zone) => emit({ event: "wake-kswapd", zone: zoneName(zone), because: "boost" });
		this.#env = {
			model: this.model,
			profile: slowPathProfile(kernel),
			contextRule: kernel === "v6.11" ? noreclaimScopes : kernelScopes,
			events: { emit: (event, a) => this.#onMmEvent(event, a), steps: () => undefined },
			reclaimer: {
				// Nobody else runs here who could have something to reclaim.
				*tryToFreePages() {
					yield delay(0);
					return 0;
				},
				reclaimablePages: () => 0,
				wakeKswapd: (zone) => emit({ event: "wake-kswapd", zone: zoneName(zone), because: "slow path" }),
			},
			oomKiller: {
				enabled: true,
				tryLock: () => true,
				unlock: () => undefined,
				*outOfMemory({ gfp }) {
					yield delay(0);
					// Without __GFP_FS out_of_memory() kills nobody and lets the caller go on trying.
					if ((gfp & GFP.FS) === 0) return true;
					emit({ event: "oom" });
					throw new OutOfMemory();
				},
			},
			warned: new WarnOnce(),
		};
	}

	/**
	 * Performs one operation that changes the machine, and returns what happened in order.
	 *
	 * @throws InputError for slots, nodes and CPUs that are not there; then nothing has changed.
	 */
	perform(operation: StepOperation): readonly StepEvent[] {
		this.#events = [];
		switch (operation.kind) {
			case "alloc":
				this.#alloc(operation);
				break;
			case "bulk":
				this.#bulk(operation);
				break;
			case "exact":
				this.#exact(operation);
				break;
			case "free":
				for (const slot of this.#slotsOf(operation.slots)) this.#free(slot);
				break;
			case "release":
				this.#release(this.#slotsOf(operation.slots));
				break;
			case "drain":
				if (operation.all) drainAllPages(this.model);
				else drainLocalPages(this.model);
				break;
			case "decay":
				for (const zone of this.model.zones) this.#decay(zone);
				break;
			case "memalloc":
				this.#setMemalloc(operation.on);
				break;
			case "cpu":
				this.#setCpu(operation.cpu);
				break;
			default:
		}
		return this.#events;
	}

	#onMmEvent(event: number, a: number): void {
		if (event === MM_EVENT.SLOWPATH) this.#events.push({ event: "slowpath" });
		else if (event === MM_EVENT.DIRECT_RECLAIM) this.#events.push({ event: "direct-reclaim", order: a });
		else if (event === MM_EVENT.WARN)
			this.#events.push({ event: "warning", warning: WARNING_NAMES.get(a) ?? String(a) });
	}

	/** Runs to the end whatever it would wait for. */
	#run<T>(steps: Steps<T>): Outcome<T> {
		try {
			for (let waits = 0; waits < MAX_WAITS; waits++) {
				const result = steps.next(0);
				if (result.done === true) return { value: result.value };
			}
			return { value: undefined, why: "loops for ever" };
		} catch (error) {
			if (!(error instanceof OutOfMemory)) throw error;
			return { value: undefined, why: "out of memory" };
		}
	}

	#request(operation: { readonly gfp: number; readonly node?: number }): { gfp: number; nid?: number } {
		const { gfp, node } = operation;
		if (node === undefined) return { gfp };
		// Refuses nodes that are not there before anything happens.
		this.model.requestZones(node, gfp);
		return { gfp, nid: node };
	}

	/** Pages on the lists of the CPU that runs, by zone. */
	#pcpCounts(): number[] {
		return this.model.zones.map((zone) => zone.pcps[this.model.cpu]?.count ?? 0);
	}

	/** @param before counts when the operation began; undefined where another slot of it tells the change. */
	#pcpChange(zone: Zone, before: readonly number[] | undefined): PcpChange {
		const pcpAfter = zone.pcps[this.model.cpu]?.count ?? 0;
		return { pcpBefore: before?.[zone.id] ?? pcpAfter, pcpAfter };
	}

	#zoneOf(pfn: number): Zone {
		const zone = this.model.zoneOf(pfn);
		invariant(zone !== undefined, `frame ${pfn} is in no zone`);
		return zone;
	}

	/** Notes a result in the lowest free slot. */
	#keep(pfn: number, order: number, pages: number, pcpBefore: readonly number[] | undefined): void {
		let slot = this.#lowestFree;
		while (this.slots.has(slot)) slot++;
		this.#lowestFree = slot + 1;
		this.slots.set(slot, { pfn, order, pages });
		const zone = this.#zoneOf(pfn);
		const change = this.#pcpChange(zone, pcpBefore);
		this.#events.push({ event: "allocated", slot, pfn, pages, order, zone: zoneName(zone), ...change });
	}

	#alloc({ n, order, ...rest }: Extract<StepOperation, { kind: "alloc" }>): void {
		const request: AllocRequest = { ...this.#request(rest), order };
		this.#running = { order, extra: 0 };
		for (let i = 0; i < n; i++) {
			const reserved = this.model.zones.map((z) => z.nrReservedHighatomic);
			const before = this.#pcpCounts();
			const outcome = this.#run(allocPages(this.#env, request, this.#context));
			this.#noteReserve(reserved);
			if (!this.#noteResult(outcome, order, 2 ** order, before)) return;
		}
	}

	/** Pageblocks that joined the highatomic reserve since it was as large as `before`. */
	#noteReserve(before: readonly number[]): void {
		this.model.zones.forEach((zone, i) => {
			const pages = zone.nrReservedHighatomic - (before[i] ?? 0);
			if (pages > 0) this.#events.push({ event: "reserve-highatomic", zone: zoneName(zone), pages });
		});
	}

	/** Whether a page came; a failure ends a series. */
	#noteResult(outcome: Outcome<number>, order: number, pages: number, pcpBefore: readonly number[]): boolean {
		if (outcome.value !== undefined && outcome.value >= 0) {
			this.#keep(outcome.value, order, pages, pcpBefore);
			return true;
		}
		const why = outcome.value === undefined ? outcome.why : "no page";
		this.#events.push({ event: "failed", order: this.#running.order, why });
		return false;
	}

	#bulk({ n, ...rest }: Extract<StepOperation, { kind: "bulk" }>): void {
		this.#running = { order: 0, extra: n };
		const before = this.#pcpCounts();
		const outcome = this.#run(allocPagesBulk(this.#env, this.#request(rest), n, this.#context));
		if (outcome.value === undefined) this.#noteResult(outcome, 0, 1, before);
		else if (outcome.value.length === 0) this.#noteResult({ value: -1 }, 0, 1, before);
		else outcome.value.forEach((pfn, i, all) => this.#keep(pfn, 0, 1, i === all.length - 1 ? before : undefined));
	}

	#exact({ bytes, gfp }: Extract<StepOperation, { kind: "exact" }>): void {
		const pages = Math.ceil(bytes / PAGE_SIZE);
		this.#running = { order: getOrder(pages * PAGE_SIZE), extra: 0 };
		const before = this.#pcpCounts();
		this.#noteResult(this.#run(allocPagesExact(this.#env, { gfp }, pages, this.#context)), -1, pages, before);
	}

	/** Slots in use of a range, ascending. */
	#slotsOf(range: SlotRange): readonly number[] {
		const used = [...this.slots.keys()].sort((a, b) => a - b);
		const chosen = range === "all" ? used : used.filter((slot) => slot >= range.first && slot <= range.last);
		if (chosen.length > 0) return chosen;
		const what = range === "all" ? "nothing is allocated" : `nothing is in slot ${slotText(range)}`;
		throw new InputError(`${what}, expected a slot that an allocation has filled`);
	}

	#noteFreed(slot: number, { pfn, pages }: Slot, pcpBefore: readonly number[] | undefined): void {
		this.slots.delete(slot);
		this.#lowestFree = Math.min(this.#lowestFree, slot);
		this.#events.push({ event: "freed", slot, pfn, pages, ...this.#pcpChange(this.#zoneOf(pfn), pcpBefore) });
	}

	#free(number: number): void {
		const slot = this.slots.get(number) as Slot;
		const before = this.#pcpCounts();
		if (slot.order < 0) freePagesExact(this.model, slot.pfn, slot.pages);
		else freePages(this.model, slot.pfn, slot.order);
		this.#noteFreed(number, slot, before);
	}

	/** Pages of alloc_pages_exact() are released one by one, as the folios that they are. */
	#release(numbers: readonly number[]): void {
		const slots = numbers.map((number) => this.slots.get(number) as Slot);
		const folios = slots.flatMap(({ pfn, order, pages }): (readonly [number, number])[] =>
			order >= 0 ? [[pfn, order]] : Array.from({ length: pages }, (_, i) => [pfn + i, 0] as const),
		);
		const before = this.#pcpCounts();
		releasePages(this.model, folios);
		numbers.forEach((number, i) => {
			this.#noteFreed(number, slots[i] as Slot, i === numbers.length - 1 ? before : undefined);
		});
	}

	#decay(zone: Zone): void {
		const goesOn = decayPcpHigh(this.model, zone);
		const high = zone.pcps[this.model.cpu]?.high ?? 0;
		this.#events.push({ event: "decayed", zone: zoneName(zone), high, goesOn });
	}

	#setMemalloc(on: boolean): void {
		const { task } = this.#context;
		task.flags = (on ? task.flags | PF.MEMALLOC : task.flags & ~PF.MEMALLOC) as typeof task.flags;
		this.#events.push({ event: "memalloc", on });
	}

	#setCpu(cpu: number): void {
		const cpus = this.model.zones[0]?.pcps.length ?? 0;
		if (cpu >= cpus) throw new InputError(`there is no CPU ${cpu}, expected 0 to ${cpus - 1}`);
		this.model.cpu = cpu;
		this.#events.push({ event: "cpu", cpu });
	}
}

const slotText = ({ first, last }: Exclude<SlotRange, "all">): string =>
	first === last ? `${first}` : `${first} to ${last}`;
