/** What a statement rests on. */
export type Basis =
	/** The log says it, or it is arithmetic on numbers of the log. */
	| "logged"
	/** It follows from the log and from what the kernel of that version does. */
	| "kernel rule"
	/** It rests on an assumption that the log does not confirm; the text names it. */
	| "inferred";

/** One sentence of an explanation, with its numbers, and what it rests on. */
export interface Statement {
	readonly text: string;
	readonly basis: Basis;
}

export const logged = (text: string): Statement => ({ text, basis: "logged" });
export const byKernelRule = (text: string): Statement => ({ text, basis: "kernel rule" });
export const inferred = (text: string): Statement => ({ text, basis: "inferred" });
