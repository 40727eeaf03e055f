/**
 * Two kinds of failure that must not mix: a bug in pagelab ({@link InvariantError}) and something unusable that a user
 * gave ({@link InputError}). A modelled failure (an allocation that returns NULL, a task that is killed) is neither: it
 * is data.
 */

/** A broken invariant of the model: always a bug in pagelab, never caused by input. */
export class InvariantError extends Error {
	override readonly name: string = "InvariantError";
}

/** Where in an input something unusable was found. `line` counts from 1, `offset` in bytes from 0. */
export interface InputPosition {
	readonly file?: string;
	readonly line?: number;
	readonly offset?: number;
	/** A path inside a structured file, such as `initial.nodes[0].zones[1].free[3]`. */
	readonly path?: string;
}

/** Input or options that cannot be used; its message is one sentence for the user and says what was expected. */
export class InputError extends Error {
	override readonly name: string = "InputError";
	readonly position: InputPosition;

	constructor(message: string, position: InputPosition = {}) {
		super(message);
		this.position = position;
	}

	/** The message with its position in front, in the form `file:line: message` that editors can jump to. */
	describe(): string {
		const { file, line, offset, path } = this.position;
		const place = [file, line, offset === undefined ? undefined : `byte ${offset}`, path].filter(
			(x) => x !== undefined,
		);
		return place.length === 0 ? this.message : `${place.join(":")}: ${this.message}`;
	}
}

/** Throws {@link InvariantError} unless `condition` holds. Not for checks of input. */
export function invariant(condition: boolean, message: string): asserts condition {
	if (!condition) throw new InvariantError(message);
}
