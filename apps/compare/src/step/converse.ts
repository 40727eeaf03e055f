import { createInterface } from "node:readline";
import { InputError } from "@pagelab/base";
import { describeFailure } from "../cli/describe-failure.ts";
import type { StepSession } from "./step-session.ts";

export interface Terminal {
	readonly input: NodeJS.ReadableStream;
	readonly output: NodeJS.WritableStream;
}

/** A conversation: each line is answered at once, and a bad one gets its sentence and nothing else. Ends with the input. */
export async function converse(session: StepSession, { input, output }: Terminal): Promise<void> {
	const write = (text: string): unknown => output.write(`${text}\n`);
	const lines = createInterface({ input, output, prompt: "step> ", terminal: true });
	lines.on("SIGINT", () => lines.close());
	write("Operations are performed as you type them; help lists them, quit ends.");
	lines.prompt();
	for await (const line of lines) {
		try {
			const answer = session.answer(line);
			for (const text of answer.lines) write(text);
			if (answer.quit) break;
		} catch (error) {
			if (!(error instanceof InputError)) throw error;
			write(describeFailure(error, {}).text);
		}
		lines.prompt();
	}
	lines.close();
}
