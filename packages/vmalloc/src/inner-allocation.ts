import { asGfp } from "@pagelab/base";
import type { AllocContext } from "@pagelab/contracts";
import type { ContextRule } from "@pagelab/memalloc";

/** Inner allocations of vmalloc() and kvmalloc(), in the order in which they are first made. */
export const INNER_ALLOCATORS = [
	"kmalloc leg",
	"vm_struct",
	"vmap_area",
	"vmap_area preload",
	"vmap_area split",
	"page array",
	"pages (huge)",
	"pages (large)",
	"pages (bulk)",
	"page (single)",
	"page table",
] as const;
export type InnerAllocator = (typeof INNER_ALLOCATORS)[number];

/** One inner allocation, or several in a row that were alike. */
export interface InnerAllocation {
	readonly who: InnerAllocator;
	/** 0, or 1 inside of the vmalloc() that a large page array makes; deeper for arrays of arrays. */
	readonly depth: number;
	/** Mask that is passed. */
	readonly gfp: number;
	/** PF_* of the task at that moment. PF_MEMALLOC is what memalloc_noreclaim_save() sets: all reserves. */
	readonly taskFlags: number;
	/** Mask that counts, after the task's scopes. */
	readonly scoped: number;
	/** Order of a request to the page allocator, or of the object; 0 for small objects. */
	readonly order: number;
	/** Calls in a row. */
	readonly calls: number;
	/** What was asked for and got: pages for the bulk call, else blocks or objects. */
	readonly wanted: number;
	readonly got: number;
}

/** What else happened on the way, between allocations. */
export type VmallocEvent =
	| "huge attempt failed"
	| "purge"
	| "notifiers"
	| "sleeps a jiffy for an area"
	| "sleeps a jiffy for page tables"
	| "failed area kept for a worker"
	| "sleep in atomic";

/** An inner allocation as it is noted: before it is made, so that the task's flags are those in force. */
export type NotedAllocation = Pick<InnerAllocation, "who" | "gfp" | "order" | "wanted">;

/** Who asks, in one call of vmalloc() or kvmalloc(). */
export interface VmallocCall {
	readonly context: AllocContext;
	readonly depth: number;
	readonly trace: VmallocTrace | undefined;
}

/** Which mask each inner allocation of a call saw. */
export class VmallocTrace {
	readonly #contextRule: ContextRule;
	readonly #entries: InnerAllocation[] = [];
	readonly #events: VmallocEvent[] = [];
	#unfinished: InnerAllocation | undefined;

	/** @param contextRule of the environment that the calls run in. */
	constructor(contextRule: ContextRule) {
		this.#contextRule = contextRule;
	}

	get entries(): readonly InnerAllocation[] {
		return this.#entries;
	}

	get events(): readonly VmallocEvent[] {
		return this.#events;
	}

	/** The allocation that the call is in now, or never came back from. */
	get unfinished(): InnerAllocation | undefined {
		return this.#unfinished;
	}

	noteEvent(event: VmallocEvent): void {
		this.#events.push(event);
	}

	/** Notes an allocation that begins now. @returns what to call with its outcome. */
	begin(noted: NotedAllocation, { context, depth }: VmallocCall): (got: number) => void {
		const { flags } = context.task;
		const scoped = this.#contextRule.narrow(flags, asGfp(noted.gfp));
		const entry = { ...noted, depth, taskFlags: flags, scoped, calls: 1, got: 0 };
		this.#unfinished = entry;
		return (got) => {
			this.#unfinished = undefined;
			this.#add({ ...entry, got });
		};
	}

	#add(entry: InnerAllocation): void {
		const last = this.#entries.at(-1);
		if (last === undefined || !isAlike(last, entry)) {
			this.#entries.push(entry);
			return;
		}
		const { calls, wanted, got } = last;
		this.#entries[this.#entries.length - 1] = {
			...last,
			calls: calls + 1,
			wanted: wanted + entry.wanted,
			got: got + entry.got,
		};
	}
}

const IDENTITY = ["who", "depth", "gfp", "taskFlags", "order"] as const;

/** Calls that went on as the one before did; a failure after successes stands apart. */
const isAlike = (a: InnerAllocation, b: InnerAllocation): boolean =>
	IDENTITY.every((key) => a[key] === b[key]) && (a.got === a.wanted) === (b.got === b.wanted);
