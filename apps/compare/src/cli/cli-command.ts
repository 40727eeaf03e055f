import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import type { ExitCode } from "./exit-codes.ts";

/** The work of a command: gets commander's arguments, its options last, and says how it ended. */
export type CommandAction<A extends unknown[]> = (io: CommandIo, ...args: A) => ExitCode | Promise<ExitCode>;

/** Makes an action into the handler that commander calls. */
export type Bind = <A extends unknown[]>(action: CommandAction<A>) => (...args: A) => Promise<void>;

/** One command of `pagelab`. A new one is a file with one of these and a line in commands/registry.ts. */
export interface CliCommand {
	readonly name: string;
	/**
	 * Declares arguments and options. `--json` and `--output` are added to every command and reach it through
	 * {@link CommandIo}.
	 */
	declare(command: Command, bind: Bind): void;
}
