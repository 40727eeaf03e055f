import { runCli } from "../cli/run-cli.ts";
import { COMMANDS } from "./registry.ts";

/** What a command printed, and how it ended. */
export interface Ran {
	readonly code: number;
	readonly out: string;
	readonly err: string;
}

/** Runs `pagelab` in this process, with output that goes to no terminal and an empty environment. */
export async function runCommand(...argv: readonly string[]): Promise<Ran> {
	let out = "";
	let err = "";
	const code = await runCli(argv, {
		stdout: { write: (text: string) => (out += text) },
		stderr: { write: (text: string) => (err += text) },
		env: {},
		version: "0.0.0",
		commands: COMMANDS,
	});
	return { code, out, err };
}
