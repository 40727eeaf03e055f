import { createInterface } from "node:readline";
import { InputError } from "@pagelab/base";
import type { CommandIo } from "../cli/command-io.ts";
import type { StepAnswer, StepSession } from "./step-session.ts";

function answerAt(session: StepSession, text: string, file: string, line: number): StepAnswer {
	try {
		return session.answer(text);
	} catch (error) {
		throw error instanceof InputError ? new InputError(error.message, { file, line }) : error;
	}
}

/**
 * Performs operations that are given as text, up to `quit`.
 *
 * @param file where they stand, for errors.
 * @throws InputError with the line of the first bad operation; nothing has been printed for good then.
 */
export function performScript(session: StepSession, io: CommandIo, lines: readonly string[], file: string): void {
	const events: object[] = [];
	for (const [i, line] of lines.entries()) {
		const answer = answerAt(session, line, file, i + 1);
		events.push(...answer.events);
		if (!io.json && answer.events.length > 0) {
			io.print(io.style("cyan", `> ${line.trim()}`));
			for (const text of answer.lines) io.print(text === "" ? "" : `  ${text}`);
		}
		if (answer.quit) break;
	}
	if (io.json) io.printJson(events);
}

/** All lines of a stream. */
export async function readLines(input: NodeJS.ReadableStream): Promise<string[]> {
	const lines: string[] = [];
	for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) lines.push(line);
	return lines;
}
