import { type AllocContext, type AllocRequest, NO_PAGE, type PageAllocator } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { createTask } from "@pagelab/memalloc";
import { delay, type Steps } from "@pagelab/sim";

export const CONTEXT: AllocContext = { task: createTask("test", 7), preemptCount: 0, rtTask: false };

/** Frames of a node of {@link TestPages}. */
export const NODE_FRAMES = 4096;

/**
 * A page allocator that hands out fresh blocks, node by node, remembers every request, and refuses what it is told to. A request
 * that may wait waits once.
 */
export class TestPages implements PageAllocator {
	readonly requests: AllocRequest[] = [];
	/** Order of each block that is out, by frame. */
	readonly out: Map<number, number> = new Map();
	/** Blocks given back, in order. */
	readonly freed: number[] = [];
	/** Whether to refuse a request. */
	refuse: (request: AllocRequest) => boolean = () => false;
	readonly #free: number[][][];
	readonly #next: number[];

	constructor(nodes = 1, firstFrame = 1024) {
		this.#free = Array.from({ length: nodes }, () => Array.from({ length: 12 }, () => []));
		this.#next = Array.from({ length: nodes }, (_, node) => node * NODE_FRAMES * 256 + firstFrame);
	}

	nodeOfPage(pfn: number): number {
		return Math.floor(pfn / (NODE_FRAMES * 256));
	}

	get pagesOut(): number {
		return [...this.out.values()].reduce((n, order) => n + 2 ** order, 0);
	}

	*allocPages(request: AllocRequest, context: AllocContext): Steps<number> {
		yield delay(1);
		return this.allocPagesWithoutWaiting(request, context);
	}

	allocPagesWithoutWaiting(request: AllocRequest, _context: AllocContext): number {
		this.requests.push(request);
		const { order, nid = 0 } = request;
		if (order > 10 || this.refuse(request)) return NO_PAGE;
		let pfn = this.#free[nid]?.[order]?.pop();
		if (pfn === undefined) {
			pfn = Math.ceil((this.#next[nid] ?? 0) / 2 ** order) * 2 ** order;
			this.#next[nid] = pfn + 2 ** order;
		}
		this.out.set(pfn, order);
		return pfn;
	}

	mayWait(gfp: number): boolean {
		return (gfp & GFP.DIRECT_RECLAIM) !== 0;
	}

	*allocPagesBulk(): Steps<readonly number[]> {
		yield delay(0);
		throw new Error("slab does not ask for pages in bulk");
	}

	splitPage(): void {
		throw new Error("slab splits no pages");
	}

	freePages(pfn: number, order: number): void {
		if (this.out.get(pfn) !== order) throw new Error(`block ${pfn} of order ${order} is not out`);
		this.out.delete(pfn);
		this.freed.push(pfn);
		this.#free[this.nodeOfPage(pfn)]?.[order]?.push(pfn);
	}
}

/** Runs a program to its end; what it waits for has happened at once. */
export function finish<T>(steps: Steps<T>): T {
	for (;;) {
		const result = steps.next(0);
		if (result.done === true) return result.value;
	}
}
