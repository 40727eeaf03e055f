import type { LogLine } from "../input/log-line.ts";
import { Draft, type DraftKind } from "./draft.ts";

/** Reports that can be open at once, one for each CPU that prints; the oldest is closed for the next. */
const OPEN_MAX = 16;
/** Kernel lines without one of the report's before it counts as over; fewer once it has its end. */
const IDLE_LINES_MAX = 400;
const IDLE_LINES_AFTER_END = 60;
/** The same for lines of other programs, which can be many between two of the kernel's. */
const FOREIGN_LINES_MAX = 20_000;
/** Closed reports kept for lines that come late (oom_reaper). */
const CLOSED_KEPT = 16;

/** The reports whose lines are still coming in, and the latest that are over. */
export class OpenDrafts {
	readonly #emit: (draft: Draft) => void;
	readonly #open: Draft[] = [];
	readonly #closed: Draft[] = [];

	constructor(emit: (draft: Draft) => void) {
		this.#emit = emit;
	}

	get empty(): boolean {
		return this.#open.length === 0;
	}

	open(kind: DraftKind, line: LogLine): Draft {
		const draft = new Draft(kind, line);
		this.#open.push(draft);
		const oldest = this.#open[0];
		if (this.#open.length > OPEN_MAX && oldest !== undefined) this.close(oldest);
		return draft;
	}

	isOpen(draft: Draft): boolean {
		return this.#open.includes(draft);
	}

	/** The youngest open report that fits; one of the line's own caller before one of nobody known. */
	newest(line: LogLine, fits: (draft: Draft) => boolean): Draft | undefined {
		const own = this.#open.findLast((draft) => draft.caller === line.caller && fits(draft));
		if (own !== undefined) return own;
		return this.#open.findLast((draft) => (draft.caller === null || line.caller === null) && fits(draft));
	}

	/** The youngest report, open or just closed, of whatever caller. */
	latest(fits: (draft: Draft) => boolean): Draft | undefined {
		return this.#open.findLast(fits) ?? this.#closed.findLast(fits);
	}

	close(draft: Draft): void {
		const at = this.#open.indexOf(draft);
		if (at < 0) return;
		this.#open.splice(at, 1);
		this.#closed.push(draft);
		if (this.#closed.length > CLOSED_KEPT) this.#emitOldest();
	}

	closeWhere(fits: (draft: Draft) => boolean): void {
		for (const draft of this.#open.filter(fits)) this.close(draft);
	}

	/** One more line went by; reports that have not had one of theirs for long are over. */
	tick(line: LogLine): void {
		for (const draft of this.#open) {
			if (line.foreign) draft.foreignLines++;
			else draft.idleLines++;
		}
		this.closeWhere(isOver);
	}

	/** The input has ended. */
	end(): void {
		this.closeWhere(() => true);
		while (this.#closed.length > 0) this.#emitOldest();
	}

	#emitOldest(): void {
		const draft = this.#closed.shift();
		if (draft !== undefined) this.#emit(draft);
	}
}

const isOver = (draft: Draft): boolean =>
	draft.foreignLines > FOREIGN_LINES_MAX ||
	draft.idleLines > (draft.hasEnd || draft.kind === "slab-failure" ? IDLE_LINES_AFTER_END : IDLE_LINES_MAX);
