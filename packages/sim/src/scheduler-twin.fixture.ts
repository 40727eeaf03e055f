/**
 * A slow, obvious twin of the scheduler: programs are lists of instructions instead of generators, lines are arrays, the
 * next event is found by looking at all of them, deadlocks by following every holder. Shares no code with it.
 */

/** One instruction of a program. Locks and queues are numbers; a lock that is held is not taken again, one not held not released. */
export type Instruction =
	| { readonly op: "delay"; readonly ticks: number; readonly killable: boolean }
	| { readonly op: "acquire"; readonly lock: number; readonly killable: boolean }
	| { readonly op: "release"; readonly lock: number }
	| { readonly op: "wait"; readonly queue: number; readonly ticks: number | undefined; readonly killable: boolean }
	| { readonly op: "wake"; readonly queue: number; readonly all: boolean }
	| { readonly op: "kill"; readonly process: number };

/** A program and how it is started. */
export interface Program {
	readonly startTicks: number;
	readonly priority: number;
	readonly daemon: boolean;
	readonly instructions: readonly Instruction[];
}

type Blocked = { readonly lock: number } | { readonly queue: number } | undefined;

interface TwinProcess {
	readonly program: Program;
	readonly id: number;
	at: number;
	wake: number;
	due: { time: number; sequence: number } | undefined;
	blocked: Blocked;
	killable: boolean;
	killed: boolean;
	exited: boolean;
}

const DONE = 0;
const TIMEOUT = 1;
const KILLED = 2;

/** Runs programs to their end and keeps a log of one line per thing that happens. */
export class SchedulerTwin {
	readonly log: string[] = [];
	readonly #processes: TwinProcess[];
	readonly #holders = new Map<number, number>();
	readonly #lockLines = new Map<number, number[]>();
	readonly #queueLines = new Map<number, number[]>();
	#now = 0;
	#pushes = 0;
	#continuing: TwinProcess | undefined;

	constructor(programs: readonly Program[]) {
		this.#processes = programs.map((program, id) => ({
			program,
			id,
			at: 0,
			wake: DONE,
			due: undefined,
			blocked: undefined,
			killable: false,
			killed: false,
			exited: false,
		}));
		for (const p of this.#processes) p.due = { time: p.program.startTicks, sequence: this.#pushes++ };
	}

	run(): void {
		while (this.#processes.some((p) => !p.exited && !p.program.daemon)) {
			const next = this.#continuing ?? this.#earliest();
			this.#continuing = undefined;
			if (next === undefined) {
				const waiting = this.#processes.filter((p) => p.blocked !== undefined).map((p) => p.id);
				this.log.push(`${this.#now} blocked ${waiting.join(" ")}`);
				return;
			}
			this.#step(next);
		}
		this.log.push(`${this.#now} finished`);
	}

	#earliest(): TwinProcess | undefined {
		const due = this.#processes.flatMap((p) => (p.due === undefined ? [] : [{ p, ...p.due }]));
		due.sort((a, b) => a.time - b.time || a.p.program.priority - b.p.program.priority || a.sequence - b.sequence);
		const first = due[0];
		if (first === undefined) return undefined;
		this.#now = first.time;
		first.p.due = undefined;
		if (first.p.blocked !== undefined) {
			this.#leaveLine(first.p);
			first.p.wake = TIMEOUT;
		}
		return first.p;
	}

	/** Runs a process up to the next instruction that waits. */
	#step(p: TwinProcess): void {
		p.killable = false;
		this.log.push(`${this.#now} ${p.id} at ${p.at} wake ${p.wake}`);
		for (;;) {
			const instruction = p.program.instructions[p.at++];
			if (instruction === undefined) {
				this.#releaseAll(p);
				p.exited = true;
				return;
			}
			if (this.#perform(p, instruction)) return;
		}
	}

	/** True if the process now waits, or is granted what it waits for. */
	#perform(p: TwinProcess, i: Instruction): boolean {
		switch (i.op) {
			case "delay":
				if (!this.#cutShort(p, i.killable)) {
					p.due = { time: this.#now + i.ticks, sequence: this.#pushes++ };
					p.killable = i.killable;
				}
				p.wake = i.killable && p.killed ? KILLED : DONE;
				return true;
			case "acquire":
				if (this.#holders.get(i.lock) === p.id) return false;
				this.#acquire(p, i.lock, i.killable);
				return true;
			case "release":
				if (this.#holders.get(i.lock) === p.id) this.#release(i.lock);
				return false;
			case "wait":
				p.wake = DONE;
				if (this.#cutShort(p, i.killable)) {
					p.wake = KILLED;
				} else {
					line(this.#queueLines, i.queue).push(p.id);
					p.blocked = { queue: i.queue };
					p.killable = i.killable;
					if (i.ticks !== undefined) p.due = { time: this.#now + i.ticks, sequence: this.#pushes++ };
				}
				return true;
			case "wake": {
				const waiting = line(this.#queueLines, i.queue);
				for (const id of i.all ? [...waiting] : waiting.slice(0, 1)) this.#wake(this.#processes[id], DONE);
				return false;
			}
			default:
				this.#kill(this.#processes[i.process]);
				return false;
		}
	}

	#kill(victim: TwinProcess | undefined): void {
		if (victim === undefined || victim.exited) return;
		victim.killed = true;
		if (victim.killable) this.#wake(victim, KILLED);
	}

	#cutShort(p: TwinProcess, killable: boolean): boolean {
		if (!killable || !p.killed) return false;
		this.#continuing = p;
		return true;
	}

	#acquire(p: TwinProcess, lock: number, killable: boolean): void {
		p.wake = DONE;
		if (!this.#holders.has(lock)) {
			this.#holders.set(lock, p.id);
			this.#continuing = p;
		} else if (this.#cutShort(p, killable)) {
			p.wake = KILLED;
		} else {
			line(this.#lockLines, lock).push(p.id);
			p.blocked = { lock };
			p.killable = killable;
			this.#reportCircle(p);
		}
	}

	#release(lock: number): void {
		this.#holders.delete(lock);
		const next = this.#processes[line(this.#lockLines, lock)[0] ?? -1];
		if (next === undefined) return;
		this.#wake(next, DONE);
		this.#holders.set(lock, next.id);
	}

	/** By lock number, the order in which the programs on the real scheduler release what they hold at their end. */
	#releaseAll(p: TwinProcess): void {
		const held = [...this.#holders].filter(([, holder]) => holder === p.id).map(([lock]) => lock);
		for (const lock of held.toSorted((a, b) => a - b)) this.#release(lock);
	}

	#wake(p: TwinProcess | undefined, wake: number): void {
		if (p === undefined) return;
		this.#leaveLine(p);
		p.wake = wake;
		p.killable = false;
		p.due = { time: this.#now, sequence: this.#pushes++ };
	}

	#leaveLine(p: TwinProcess): void {
		for (const lines of [this.#lockLines, this.#queueLines]) {
			for (const [key, ids] of lines)
				lines.set(
					key,
					ids.filter((id) => id !== p.id),
				);
		}
		p.blocked = undefined;
	}

	#reportCircle(start: TwinProcess): void {
		const circle: number[] = [];
		let p: TwinProcess | undefined = start;
		while (p !== undefined && !circle.includes(p.id)) {
			circle.push(p.id);
			const holder: number =
				p.blocked !== undefined && "lock" in p.blocked ? (this.#holders.get(p.blocked.lock) ?? -1) : -1;
			p = this.#processes[holder];
		}
		if (p === start) this.log.push(`${this.#now} deadlock ${circle.join(" ")}`);
	}
}

function line(lines: Map<number, number[]>, key: number): number[] {
	const ids = lines.get(key) ?? [];
	lines.set(key, ids);
	return ids;
}
