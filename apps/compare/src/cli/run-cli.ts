import { Command, CommanderError } from "commander";
import type { Bind, CliCommand } from "./cli-command.ts";
import type { CommandIo } from "./command-io.ts";
import { describeFailure } from "./describe-failure.ts";
import { EXIT, type ExitCode, exitCodeHelp } from "./exit-codes.ts";
import { chooseStyle, plainStyle } from "./style.ts";
import { requireWritable, writeFileWhole } from "./write-file.ts";

/** A stream that text goes to. */
export interface TextStream {
	readonly isTTY?: boolean;
	write(text: string): unknown;
}

export interface CliEnvironment {
	readonly stdout: TextStream;
	readonly stderr: TextStream;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly version: string;
	readonly commands: readonly CliCommand[];
}

interface CommonOptions {
	readonly json?: boolean;
	readonly output?: string;
}

const CLEAR_LINE = "\r\u001B[K";

/** One run of the command line: collects the result, and writes it whole at the end. */
class CliRun {
	readonly #environment: CliEnvironment;
	#result = "";
	#code: ExitCode = EXIT.DONE;
	#outputFile: string | undefined;
	#progressShown = false;

	constructor(environment: CliEnvironment) {
		this.#environment = environment;
	}

	async run(argv: readonly string[]): Promise<ExitCode> {
		const program = this.#program();
		try {
			if (argv.length === 0) program.error("a command is missing, `pagelab --help` lists them");
			await program.parseAsync(argv, { from: "user" });
			this.#flush();
			return this.#code;
		} catch (error) {
			return this.#fail(error);
		}
	}

	#program(): Command {
		const program = new Command("pagelab")
			.description("What runtime impact will this allocator change have?")
			.version(this.#environment.version)
			.helpCommand(false)
			.exitOverride()
			.configureOutput({
				writeOut: (text) => {
					this.#result += text;
				},
				// Errors are thrown and described in one place.
				writeErr: () => undefined,
				getOutHelpWidth: () => 80,
			})
			.addHelpText("after", `\n${exitCodeHelp()}`);
		for (const entry of this.#environment.commands) {
			const command = new Command(entry.name).copyInheritedSettings(program);
			entry.declare(command, this.#bind(command));
			command
				.option("--json", "print the result as one JSON document")
				.option("-o, --output <file>", "write the result to a file instead of stdout")
				.addHelpText("after", `\n${exitCodeHelp()}`);
			program.addCommand(command);
		}
		return program;
	}

	#bind(command: Command): Bind {
		return (action) =>
			async (...args) => {
				const options = command.opts<CommonOptions>();
				this.#outputFile = options.output;
				if (options.output !== undefined) requireWritable(options.output);
				this.#code = await action(this.#io(options), ...args);
			};
	}

	#io(options: CommonOptions): CommandIo {
		const { stdout, env } = this.#environment;
		return {
			json: options.json === true,
			style: options.output === undefined && options.json !== true ? chooseStyle(stdout, env) : plainStyle,
			env,
			print: (line) => {
				this.#result += `${line}\n`;
			},
			printJson: (value) => {
				this.#result += `${JSON.stringify(value, null, "\t")}\n`;
			},
			note: (sentence) => {
				this.#clearProgress();
				this.#environment.stderr.write(`pagelab: ${sentence}\n`);
			},
			progress: (text) => {
				this.#progress(text);
			},
		};
	}

	#progress(text: string): void {
		const { stderr } = this.#environment;
		if (stderr.isTTY !== true) return;
		stderr.write(`${CLEAR_LINE}${text}`);
		this.#progressShown = true;
	}

	#clearProgress(): void {
		if (this.#progressShown) this.#environment.stderr.write(CLEAR_LINE);
		this.#progressShown = false;
	}

	#flush(): void {
		this.#clearProgress();
		if (this.#result === "") return;
		if (this.#outputFile === undefined) this.#environment.stdout.write(this.#result);
		else writeFileWhole(this.#outputFile, this.#result);
	}

	#fail(error: unknown): ExitCode {
		if (error instanceof CommanderError && error.exitCode === 0) {
			// --help and --version end in an error too.
			this.#flush();
			return EXIT.DONE;
		}
		this.#clearProgress();
		const { code, text } = describeFailure(error, this.#environment.env);
		this.#environment.stderr.write(`pagelab: ${text}\n`);
		return code;
	}
}

/**
 * Runs one command line and returns its exit code. Nothing is written to stdout or to the output file by a command that
 * fails with an error.
 */
export const runCli = (argv: readonly string[], environment: CliEnvironment): Promise<ExitCode> =>
	new CliRun(environment).run(argv);
