import { type CommandResult, runCommand } from "../lib/run-command.ts";
import type { DocExample } from "./extract-examples.ts";

/**
 * Runs an example as a program of the package in `dir`: its imports resolve as those of a file there, to the sources. Lines
 * in messages are those of the page.
 */
export function runExample(example: DocExample, dir: string): Promise<CommandResult> {
	return runCommand(process.execPath, ["--conditions=@pagelab/source", "--input-type=module-typescript", "-"], {
		cwd: dir,
		stdin: "\n".repeat(example.line - 1) + example.code,
	});
}
