import type { Task } from "@pagelab/memalloc";
import type { FaultSite } from "@pagelab/contracts";

/** Attributes of a fault point as in its debugfs folder (struct fault_attr). */
export interface FaultAttributes {
	/** Per cent, 0 .. 100. */
	readonly probability: number;
	/** Every so manieth candidate; 1 if left out. */
	readonly interval?: number;
	/** Failures to make, -1 = without limit; 1 if left out. */
	readonly times?: number;
	/** Size that passes before the first failure; 0 if left out. */
	readonly space?: number;
	/** task-filter: only tasks with {@link FaultPoint.makeItFail}, and none in interrupts. */
	readonly taskFilter?: boolean;
	/** The stack filter; all call sites if left out. */
	readonly stackFilter?: () => boolean;
}

/** What a fault point needs of a stream of random numbers. */
export interface PercentSource {
	int(min: number, max: number): number;
}

/**
 * should_fail_ex() of lib/fault-inject.c (slowpath.md §9): one fault point with its counters.
 *
 * @param onDump told of each failure that is not silenced by __GFP_NOWARN: fail_dump().
 */
export class FaultPoint {
	readonly #attributes: Required<Omit<FaultAttributes, "stackFilter">>;
	readonly #stackFilter: () => boolean;
	readonly #random: PercentSource;
	readonly #onDump: () => void;
	/** /proc/<pid>/fail-nth. */
	readonly #failNth = new WeakMap<Task, number>();
	readonly #makeItFail = new WeakSet<Task>();
	#times: number;
	#space: number;
	#count = 0;

	constructor(attributes: FaultAttributes, random: PercentSource, onDump: () => void = () => undefined) {
		const { stackFilter = () => true, ...rest } = attributes;
		this.#attributes = { interval: 1, times: 1, space: 0, taskFilter: false, ...rest };
		this.#stackFilter = stackFilter;
		this.#random = random;
		this.#onDump = onDump;
		this.#times = this.#attributes.times;
		this.#space = this.#attributes.space;
	}

	/** Failures left, -1 = without limit. */
	get timesLeft(): number {
		return this.#times;
	}

	/** /proc/<pid>/fail-nth: the task's n-th candidate from now on fails, whatever the attributes; 0 = none. */
	setFailNth(task: Task, n: number): void {
		this.#failNth.set(task, n);
	}

	/** /proc/<pid>/make-it-fail, which the task filter looks at. */
	makeItFail(task: Task): void {
		this.#makeItFail.add(task);
	}

	/** @param size what `space` counts in: 2^order pages, or bytes of an object. */
	shouldFail(size: number, site: FaultSite, nowarn: boolean): boolean {
		const nth = site.inTask ? (this.#failNth.get(site.task) ?? 0) : 0;
		const fails = nth > 0 ? this.#countDown(site.task, nth) : this.#byAttributes(size, site);
		if (!fails) return false;
		if (!nowarn) this.#onDump();
		if (this.#times > 0) this.#times--;
		return true;
	}

	#countDown(task: Task, nth: number): boolean {
		if (!this.#stackFilter()) return false;
		this.#failNth.set(task, nth - 1);
		return nth === 1;
	}

	#byAttributes(size: number, site: FaultSite): boolean {
		const { probability, interval, taskFilter } = this.#attributes;
		if (probability === 0) return false;
		if (taskFilter && !(site.inTask && this.#makeItFail.has(site.task))) return false;
		if (this.#times === 0 || !this.#stackFilter()) return false;
		if (this.#space > size) {
			this.#space -= size;
			return false;
		}
		if (interval > 1) {
			this.#count++;
			if (this.#count % interval !== 0) return false;
		}
		return this.#random.int(0, 99) < probability;
	}
}
