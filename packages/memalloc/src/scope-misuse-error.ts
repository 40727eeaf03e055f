/** What was done to a scope that must not be done. */
export type ScopeMisuse =
	/** Ended while a scope opened later in the same task is still open. */
	| "out of order"
	/** Ended a second time. */
	| "ended twice"
	/** Still open at the end of the operation or task. */
	| "leaked"
	/** Ended by, or inherited by, another task than the one that opened it. */
	| "carried"
	/** Its bits were cleared by somebody else while it was open. */
	| "cleared";

/** Facts of a {@link ScopeMisuseError}. */
export interface ScopeMisuseDetails {
	readonly misuse: ScopeMisuse;
	/** Where the scope was opened. */
	readonly openedAt: string;
	/** Where it was misused. */
	readonly misusedAt: string;
}

/**
 * A scope was misused. Always a bug of the program that uses the scoped API (a workload, a mechanism), never a modelled
 * failure: the kernel would go on with wrong task flags. Names both places.
 */
export class ScopeMisuseError extends Error {
	override readonly name: string = "ScopeMisuseError";
	readonly misuse: ScopeMisuse;
	readonly openedAt: string;
	readonly misusedAt: string;

	constructor(message: string, details: ScopeMisuseDetails) {
		super(message);
		this.misuse = details.misuse;
		this.openedAt = details.openedAt;
		this.misusedAt = details.misusedAt;
	}
}
