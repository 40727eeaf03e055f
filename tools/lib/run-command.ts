import { spawn } from "node:child_process";

export interface CommandResult {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

export interface CommandOptions {
	readonly cwd?: string;
	readonly env?: Readonly<Record<string, string>>;
	readonly stdin?: string;
}

/**
 * Runs a program to its end and keeps what it printed. A program that cannot be started has code 127 and the reason in
 * `stderr`; one ended by a signal has code 1.
 */
export function runCommand(
	command: string,
	args: ReadonlyArray<string>,
	options: CommandOptions = {},
): Promise<CommandResult> {
	return new Promise((resolve) => {
		const child = spawn(command, args, {
			cwd: options.cwd,
			env: { ...process.env, ...options.env },
			stdio: ["pipe", "pipe", "pipe"],
		});
		const stdout: Buffer[] = [];
		const stderr: Buffer[] = [];
		child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
		child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
		// A child that exits without reading its input closes the pipe; its exit code tells the rest.
		child.stdin.on("error", () => {});
		child.stdin.end(options.stdin ?? "");
		child.on("error", (error) => resolve({ code: 127, stdout: "", stderr: `cannot run ${command}: ${error.message}` }));
		child.on("close", (code) =>
			resolve({
				code: code ?? 1,
				stdout: Buffer.concat(stdout).toString("utf8"),
				stderr: Buffer.concat(stderr).toString("utf8"),
			}),
		);
	});
}
