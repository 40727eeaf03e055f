export type { Bind, CliCommand, CommandAction } from "./cli/cli-command.ts";
export type { CommandIo } from "./cli/command-io.ts";
export { EXIT, EXIT_CODES, type ExitCode } from "./cli/exit-codes.ts";
export { type CliEnvironment, runCli, type TextStream } from "./cli/run-cli.ts";
export { COMMANDS } from "./commands/registry.ts";
export { readInput } from "./input/read-input.ts";
