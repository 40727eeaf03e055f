import type { EvictionOrder, RecordedOps } from "./recording-source.ts";

/** One operation of a recording made by hand. */
export interface TinyOp {
	/** One of OP, or a number that no replay performs. */
	readonly kind: number;
	/** Nanoseconds after the beginning. */
	readonly at?: number;
	readonly task?: number;
	readonly pfn?: number;
	readonly order?: number;
	readonly gfp?: number;
	/** For what frees or touches: the lifetime meant. */
	readonly lifetime?: number;
	/** For what takes frames: first frame and order of each lifetime that begins. */
	readonly births?: readonly (readonly [pfn: number, order: number])[];
}

/** The clock of a recording begins somewhere. */
export const TINY_START_NS = 1_000_000;

/**
 * A recording as columns.
 *
 * @param initial first frame and order of each block in use from the start; they are lifetimes 0 and up.
 */
export function recordingOf(
	ops: readonly TinyOp[],
	initial: readonly (readonly [pfn: number, order: number])[] = [],
): RecordedOps {
	const born = [
		...initial.map((block) => ({ block, op: -1 })),
		...ops.flatMap(({ births = [] }, op) => births.map((block) => ({ block, op }))),
	];
	const firstBorn = (op: number): number => born.findIndex((each) => each.op === op);
	const column = (of: (op: TinyOp, i: number) => number): number[] => ops.map((op, i) => of(op, i));
	return {
		length: ops.length,
		kind: Uint8Array.from(column((op) => op.kind)),
		time: Float64Array.from(column((op) => TINY_START_NS + (op.at ?? 0))),
		task: Uint32Array.from(column((op) => op.task ?? 0)),
		pfn: Int32Array.from(column((op) => op.pfn ?? op.births?.[0]?.[0] ?? -1)),
		order: Uint8Array.from(column((op) => op.order ?? 0)),
		gfp: Uint32Array.from(column((op) => op.gfp ?? 0)),
		lifetime: Int32Array.from(column((op, i) => op.lifetime ?? firstBorn(i))),
		tasks: [
			{ pid: 1, comm: "first" },
			{ pid: 2, comm: "second" },
		],
		lifetimes: {
			length: born.length,
			initial: initial.length,
			pfn: Int32Array.from(born.map(({ block }) => block[0])),
			order: Uint8Array.from(born.map(({ block }) => block[1])),
			birthOp: Int32Array.from(born.map(({ op }) => op)),
		},
		timeNs: { initial: TINY_START_NS, final: TINY_START_NS + 1_000_000 },
	};
}

/** A list of blocks, oldest first, that a test fills by hand. */
export class FakeEvictionOrder implements EvictionOrder {
	readonly passed: number[] = [];
	readonly #ops: RecordedOps;
	readonly #groupOf: (lifetime: number) => number;
	readonly #blocks: number[] = [];
	readonly #touched: number[] = [];
	readonly #evicted = new Set<number>();
	#touches = 0;

	constructor(ops: RecordedOps, groupOf: (lifetime: number) => number) {
		this.#ops = ops;
		this.#groupOf = groupOf;
	}

	touch(lifetime: number): void {
		this.#blocks.push(lifetime);
		this.#touched[lifetime] = this.#touches++;
	}

	pass(op: number): void {
		this.passed.push(op);
	}

	oldest(group: number): number {
		return this.#blocks.find((i) => this.#groupOf(i) === group) ?? -1;
	}

	touchedAt(lifetime: number): number {
		return this.#touched[lifetime] ?? -1;
	}

	pagesOf(group: number): number {
		const pages = (i: number): number => 2 ** (this.#ops.lifetimes.order[i] ?? 0);
		return this.#blocks.filter((i) => this.#groupOf(i) === group).reduce((sum, i) => sum + pages(i), 0);
	}

	evict(lifetime: number): void {
		this.drop(lifetime);
	}

	drop(lifetime: number): void {
		const at = this.#blocks.indexOf(lifetime);
		if (at >= 0) this.#blocks.splice(at, 1);
		this.#evicted.add(lifetime);
	}

	isEvicted(lifetime: number): boolean {
		return this.#evicted.has(lifetime);
	}
}
