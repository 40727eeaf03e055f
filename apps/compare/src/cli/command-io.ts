import type { Style } from "./style.ts";

/** What a command may do to the world outside, beside reading its input files. */
export interface CommandIo {
	/** The user asked for JSON (`--json`): the result is one JSON document and nothing else. */
	readonly json: boolean;
	/** Colours of the output, off where it does not go to a terminal. */
	readonly style: Style;
	/** Name and value of an environment variable. */
	readonly env: Readonly<Record<string, string | undefined>>;
	/** Adds a line to the result, which is written whole when the command has ended without an error. */
	print(line: string): void;
	/** Adds a JSON document to the result. */
	printJson(value: unknown): void;
	/** One sentence on stderr, at once: something that the user should know beside the result. */
	note(sentence: string): void;
	/** Shows what is being done, on a terminal only; the next progress, note or result replaces it. */
	progress(text: string): void;
}
