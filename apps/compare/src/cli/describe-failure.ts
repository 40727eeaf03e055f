import { InputError } from "@pagelab/base";
import { CommanderError } from "commander";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { printable } from "./printable.ts";

export interface Failure {
	readonly code: ExitCode;
	/** What stderr gets, without the name of the program in front. */
	readonly text: string;
}

/** Commander's messages as one sentence each: `unknown option '--jsn' (did you mean --json?)`. */
const commanderSentence = (message: string): string =>
	message.replace(/^error: /, "").replace(/\n\(Did you mean/, " (did you mean");

/**
 * Turns whatever ended a command into one sentence and an exit code. Only {@link InputError} and commander's own errors
 * are the user's; everything else is a bug, whose stack is shown where `PAGELAB_DEBUG` is set.
 */
export function describeFailure(error: unknown, env: Readonly<Record<string, string | undefined>>): Failure {
	if (error instanceof InputError) return { code: EXIT.UNUSABLE, text: printable(error.describe()) };
	if (error instanceof CommanderError)
		return { code: EXIT.UNUSABLE, text: printable(commanderSentence(error.message)) };
	const debug = (env["PAGELAB_DEBUG"] ?? "") !== "";
	const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
	const hint = debug ? "" : "; PAGELAB_DEBUG=1 shows where it happened";
	const stack = debug && error instanceof Error ? `\n${error.stack ?? ""}` : "";
	return { code: EXIT.BUG, text: `this is a bug in pagelab (${printable(what)})${hint}${stack}` };
}
