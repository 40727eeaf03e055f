import { ALLOC, MAX_NR_ZONES } from "@pagelab/gfp";
import fc from "fast-check";
import { takeBulk } from "./alloc-bulk.ts";
import type { BuddyReference } from "./buddy-reference.ts";
import { freePages, releasePages, setUsedMovable, splitExact } from "./free-pages.ts";
import { getPageFromFreelist } from "./get-page-from-freelist.ts";
import { unreserveHighatomicPageblock } from "./highatomic.ts";
import type { MachineState } from "./machine-state.ts";
import type { PageModel } from "./page-model.ts";

/** A request by any kind of caller; node, order and highest zone are taken as far as the machine has them. */
interface Request {
	readonly order: number;
	readonly type: number;
	readonly allocFlags: number;
	readonly node: number;
	readonly thisNode: boolean;
	readonly highestZone: number;
}

/** `pick` chooses among what is allocated at that moment, modulo their number. */
export type Operation =
	| { readonly kind: "alloc"; readonly request: Request; readonly times: number }
	| { readonly kind: "free"; readonly picks: readonly number[] }
	| { readonly kind: "release"; readonly picks: readonly number[] }
	| { readonly kind: "movable"; readonly pick: number; readonly movable: boolean }
	| { readonly kind: "bulk"; readonly request: Request; readonly wanted: number }
	| { readonly kind: "exact"; readonly request: Request; readonly pages: number }
	| { readonly kind: "unreserve"; readonly request: Request; readonly force: boolean }
	| { readonly kind: "cpu"; readonly cpu: number }
	| { readonly kind: "drain" | "drainAll" | "decay" }
	| { readonly kind: "reclaim"; readonly on: boolean };

export type OperationKind = Operation["kind"];

/** What one run of random operations may do: each run lacks some features altogether. */
export interface Swarm {
	readonly kinds: readonly OperationKind[];
	readonly allocFlags: number;
	readonly maxOrder: number;
	readonly types: readonly number[];
}

const BOTH_KINDS: readonly OperationKind[] = ["free", "release", "movable", "bulk", "exact", "unreserve", "cpu"];
/** Kinds that make a difference only with per-CPU lists. */
const PCP_KINDS: readonly OperationKind[] = ["drain", "drainAll", "decay", "reclaim"];
const FLAGS =
	ALLOC.NO_WATERMARKS |
	ALLOC.OOM |
	ALLOC.NON_BLOCK |
	ALLOC.MIN_RESERVE |
	ALLOC.NOFRAGMENT |
	ALLOC.HIGHATOMIC |
	ALLOC.KSWAPD;

export const swarm = (withPcp: boolean): fc.Arbitrary<Swarm> =>
	fc.record({
		kinds: fc.subarray(withPcp ? [...BOTH_KINDS, ...PCP_KINDS] : [...BOTH_KINDS]),
		allocFlags: fc
			.tuple(fc.nat(FLAGS), fc.constantFrom(0, 0, 0, ALLOC.NO_WATERMARKS))
			.map(([n, or]) => (n & FLAGS & ~ALLOC.NO_WATERMARKS) | or),
		maxOrder: fc.constantFrom(0, 3, 4, 9, 10, 10),
		types: fc.subarray([0, 1, 2], { minLength: 1 }),
	});

const request: fc.Arbitrary<Request> = fc.record({
	order: fc.oneof(fc.nat(3), fc.nat(10)),
	type: fc.nat(2),
	allocFlags: fc.nat(0xfff).map((n) => (n & FLAGS) | (n % 3)),
	node: fc.nat(1),
	thisNode: fc.constantFrom(false, false, true),
	highestZone: fc.nat(MAX_NR_ZONES - 1),
});

const picks = (maxLength: number): fc.Arbitrary<number[]> =>
	fc.array(fc.nat(100_000), { minLength: 1, maxLength, size: "max" });

export const operation: fc.Arbitrary<Operation> = fc.oneof(
	{
		weight: 12,
		arbitrary: fc.record({ kind: fc.constant("alloc" as const), request, times: fc.integer({ min: 1, max: 12 }) }),
	},
	{ weight: 9, arbitrary: fc.record({ kind: fc.constant("free" as const), picks: picks(12) }) },
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant("release" as const), picks: picks(70) }) },
	{
		weight: 3,
		arbitrary: fc.record({ kind: fc.constant("movable" as const), pick: fc.nat(100_000), movable: fc.boolean() }),
	},
	{
		weight: 2,
		arbitrary: fc.record({ kind: fc.constant("bulk" as const), request, wanted: fc.integer({ min: 2, max: 200 }) }),
	},
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant("exact" as const), request, pages: fc.nat(1023) }) },
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant("unreserve" as const), request, force: fc.boolean() }) },
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant("cpu" as const), cpu: fc.nat(1) }) },
	{
		weight: 1,
		arbitrary: fc.record({ kind: fc.constantFrom("drain" as const, "drainAll" as const, "decay" as const) }),
	},
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant("reclaim" as const), on: fc.boolean() }) },
);

/** What {@link OperationRunner} drives: the fast model or its twin. Zones are positions in the list of all zones. */
export interface TestAllocator {
	alloc(zonelist: readonly number[], request: Request): number;
	bulk(zonelist: readonly number[], type: number, wanted: number): number[];
	free(pfn: number, order: number): void;
	release(blocks: readonly (readonly [number, number])[]): void;
	splitExact(pfn: number, order: number, pages: number): void;
	setMovable(pfn: number, movable: boolean): void;
	unreserve(zonelist: readonly number[], force: boolean, to: number): boolean;
	setCpu(cpu: number): void;
	/** Kinds without effect on allocations when there are no per-CPU lists. */
	other(kind: "drain" | "drainAll" | "decay" | "reclaim", on: boolean): void;
}

export function fastAllocator(m: PageModel, other: TestAllocator["other"]): TestAllocator {
	const zones = (list: readonly number[]): PageModel["zones"] =>
		list.map((i) => m.zones[i] as PageModel["zones"][number]);
	return {
		alloc: (list, r) => getPageFromFreelist(m, zones(list), r.order, r.type, r.highestZone, r.allocFlags),
		bulk: (list, type, wanted) => takeBulk(m, zones(list), type, wanted),
		free: (pfn, order) => freePages(m, pfn, order),
		release: (blocks) => releasePages(m, blocks),
		splitExact: (pfn, order, pages) => splitExact(m, pfn, order, pages),
		setMovable: (pfn, movable) => setUsedMovable(m, pfn, movable),
		unreserve: (list, force, to) => unreserveHighatomicPageblock(m, zones(list), force, to),
		setCpu: (cpu) => {
			m.cpu = cpu;
		},
		other,
	};
}

export function slowAllocator(twin: BuddyReference): TestAllocator {
	return {
		alloc: (zonelist, r) => twin.alloc({ ...r, zonelist }),
		bulk: (list, type, wanted) => twin.allocBulk(list, type, wanted),
		free: (pfn, order) => twin.free(pfn, order),
		release: (blocks) => twin.release(blocks),
		splitExact: (pfn, order, pages) => twin.splitExact(pfn, order, pages),
		setMovable: (pfn, movable) => twin.setMovable(pfn, movable),
		unreserve: (list, force, to) => twin.unreserve(list, force, to),
		setCpu: (cpu) => {
			twin.lists.cpu = cpu;
		},
		other: () => undefined,
	};
}

/** Performs operations on an allocator and keeps what it has got. */
export class OperationRunner {
	readonly #allocator: TestAllocator;
	readonly #swarm: Swarm;
	readonly #state: MachineState;
	/** Blocks in use, [first pfn, order]. */
	readonly held: (readonly [number, number])[] = [];
	/** Single requests performed so far. */
	requests = 0;

	constructor(state: MachineState, allocator: TestAllocator, limits: Swarm) {
		this.#state = state;
		this.#allocator = allocator;
		this.#swarm = limits;
	}

	/** Returns whatever the allocator returned, to be compared with that of another one. */
	perform(op: Operation): unknown {
		if (op.kind !== "alloc" && !this.#swarm.kinds.includes(op.kind)) return undefined;
		switch (op.kind) {
			case "alloc":
				return Array.from({ length: op.times }, () => this.#alloc(op.request));
			case "free":
				return op.picks.map((pick) => this.#freePicked(pick));
			case "release": {
				const blocks = op.picks.map((pick) => this.#take(pick)).filter((b) => b !== undefined);
				this.requests += blocks.length;
				return this.#allocator.release(blocks);
			}
			case "movable": {
				const block = this.held[op.pick % this.held.length];
				return block && this.#allocator.setMovable(block[0], op.movable);
			}
			case "bulk":
				return this.#bulk(op.request, op.wanted);
			case "exact":
				return this.#exact(op.request, op.pages);
			case "unreserve":
				return this.#allocator.unreserve(this.#zonelist(op.request), op.force, this.#type(op.request));
			case "cpu":
				return this.#allocator.setCpu(op.cpu % (this.#state.nodes[0]?.zones[0]?.pcp.length ?? 1));
			case "reclaim":
				return this.#allocator.other(op.kind, op.on);
			default:
				return this.#allocator.other(op.kind, true);
		}
	}

	/** Frees all that is held. */
	freeAll(): void {
		while (this.held.length > 0) this.#freePicked(0);
	}

	#type(r: Request): number {
		return this.#swarm.types[r.type % this.#swarm.types.length] as number;
	}

	#zonelist(r: Request): number[] {
		const node = this.#state.nodes[r.node % this.#state.nodes.length] as MachineState["nodes"][number];
		const zones = this.#state.nodes.flatMap((n) => n.zones);
		return (node.zonelists[r.thisNode ? 1 : 0] ?? [])
			.filter(([, idx]) => idx <= r.highestZone)
			.map(([nid, idx]) => zones.findIndex((z) => z.node === nid && z.idx === idx));
	}

	#alloc(r: Request): number {
		this.requests++;
		const order = Math.min(r.order, this.#swarm.maxOrder);
		const allocFlags = r.allocFlags & (this.#swarm.allocFlags | ALLOC.WMARK_MASK);
		const pfn = this.#allocator.alloc(this.#zonelist(r), { ...r, order, allocFlags, type: this.#type(r) });
		if (pfn >= 0) this.held.push([pfn, order]);
		return pfn;
	}

	#bulk(r: Request, wanted: number): number[] {
		const taken = this.#allocator.bulk(this.#zonelist(r), this.#type(r), wanted);
		this.requests += taken.length;
		for (const pfn of taken) this.held.push([pfn, 0]);
		return taken;
	}

	#exact(r: Request, surplus: number): number {
		const pfn = this.#alloc(r);
		const block = pfn < 0 ? undefined : this.held.pop();
		if (block === undefined) return -1;
		const pages = 1 + (surplus % 2 ** block[1]);
		this.#allocator.splitExact(pfn, block[1], pages);
		for (let p = pfn; p < pfn + pages; p++) this.held.push([p, 0]);
		return pfn;
	}

	#take(pick: number): readonly [number, number] | undefined {
		const at = pick % this.held.length;
		const block = this.held[at];
		const last = this.held.pop();
		if (last !== undefined && at < this.held.length) this.held[at] = last;
		return block;
	}

	#freePicked(pick: number): void {
		const block = this.#take(pick);
		if (block === undefined) return;
		this.requests++;
		this.#allocator.free(block[0], block[1]);
	}
}
