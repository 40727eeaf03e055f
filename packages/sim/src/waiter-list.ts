import { invariant } from "@pagelab/base";
import type { ProcessRecord } from "./process.ts";

/** Processes in line, first come first served. The links are in the processes, so lining up allocates nothing. */
export class WaiterList {
	#first: ProcessRecord | undefined;
	#last: ProcessRecord | undefined;
	#size = 0;

	get size(): number {
		return this.#size;
	}

	append(process: ProcessRecord): void {
		invariant(process.waiterList === undefined, "a process waits in two lines");
		process.waiterList = this;
		process.previousWaiter = this.#last;
		process.nextWaiter = undefined;
		if (this.#last === undefined) this.#first = process;
		else this.#last.nextWaiter = process;
		this.#last = process;
		this.#size++;
	}

	remove(process: ProcessRecord): void {
		invariant(process.waiterList === this, "a process leaves a line that it is not in");
		const { previousWaiter: previous, nextWaiter: next } = process;
		if (previous === undefined) this.#first = next;
		else previous.nextWaiter = next;
		if (next === undefined) this.#last = previous;
		else next.previousWaiter = previous;
		process.waiterList = undefined;
		process.previousWaiter = undefined;
		process.nextWaiter = undefined;
		this.#size--;
	}

	/** Removes and returns the first in line. */
	shift(): ProcessRecord | undefined {
		const first = this.#first;
		if (first !== undefined) this.remove(first);
		return first;
	}

	/** Recounts, and hands each process in line to `check`. @throws InvariantError */
	validate(check: (process: ProcessRecord) => void): void {
		let count = 0;
		let previous: ProcessRecord | undefined;
		for (let p = this.#first; p !== undefined; p = p.nextWaiter) {
			invariant(p.waiterList === this, "a process in line belongs to another line");
			invariant(p.previousWaiter === previous, "the links of a line disagree");
			invariant(++count <= this.#size, "a line is longer than its count");
			check(p);
			previous = p;
		}
		invariant(previous === this.#last, "the end of a line is wrong");
		invariant(count === this.#size, "a line is shorter than its count");
	}
}
