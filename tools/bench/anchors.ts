import { createWriteStream, existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runCommand } from "../lib/run-command.ts";
import type { AnchorSpec } from "./manifest.ts";
import { readNumber } from "./output-lines.ts";

const CPU_CLOCK = fileURLToPath(new URL("cpu-clock.h", import.meta.url));
const TRACE_BYTES = 256 * 2 ** 20;

/** Builds programs of the shared folder's `anchors/` once a run and runs them. */
export class Anchors {
	readonly sources: string;
	readonly buildDir: string;
	readonly #built = new Map<string, Promise<string>>();
	#trace: Promise<string> | undefined;

	/**
	 * @param sources the `anchors` folder
	 * @param buildDir where binaries and generated texts go; made if absent
	 */
	constructor(sources: string, buildDir: string) {
		this.sources = sources;
		this.buildDir = buildDir;
	}

	/** Runs the anchor and takes `field` of the last JSON line that has it, times `scale`. */
	async measure(spec: AnchorSpec): Promise<number> {
		const program = await this.#program(spec.dir, spec.source);
		const result = await runCommand(program, await this.expand(spec.args));
		const value = readNumber(result.stdout, spec.field);
		if (result.code !== 0 || value === undefined) {
			throw new Error(
				`anchor ${spec.dir}/${spec.source} ${spec.args.join(" ")} gave no ${spec.field}: ${result.stderr}`,
			);
		}
		return value * spec.scale;
	}

	/** Arguments with `{trace}` replaced by the path of the generated trace text. */
	async expand(args: ReadonlyArray<string>): Promise<string[]> {
		if (!args.includes("{trace}")) return [...args];
		this.#trace ??= this.#generateTrace();
		const trace = await this.#trace;
		return args.map((arg) => (arg === "{trace}" ? trace : arg));
	}

	#program(dir: string, source: string): Promise<string> {
		const key = `${dir}/${source}`;
		let program = this.#built.get(key);
		if (program === undefined) {
			program = this.#build(dir, source);
			this.#built.set(key, program);
		}
		return program;
	}

	async #build(dir: string, source: string): Promise<string> {
		const input = join(this.sources, dir, source);
		if (!existsSync(input)) throw new Error(`no anchor ${dir}/${source} in the shared folder`);
		mkdirSync(this.buildDir, { recursive: true });
		const compiler = source.endsWith(".cpp") ? "g++" : "gcc";
		const output = join(this.buildDir, `${dir}-${source.replace(/\.[a-z]+$/, "")}`);
		const result = await runCommand(compiler, ["-O2", "-w", "-include", CPU_CLOCK, "-o", output, input, "-lm"]);
		if (result.code !== 0) throw new Error(`${compiler} cannot build anchor ${dir}/${source}: ${result.stderr}`);
		return output;
	}

	/** The text is written under another name first, so that an interrupted run leaves no half of it behind. */
	async #generateTrace(): Promise<string> {
		const program = await this.#program("trace", "gen.c");
		const path = join(this.buildDir, "trace-256m.txt");
		if (existsSync(path)) return path;
		const partial = `${path}.partial`;
		await new Promise<void>((resolve, reject) => {
			const child = spawn(program, [String(TRACE_BYTES)], { stdio: ["ignore", "pipe", "ignore"] });
			child.on("error", reject);
			const file = child.stdout.pipe(createWriteStream(partial));
			file.on("error", reject);
			file.on("finish", () => resolve());
		});
		renameSync(partial, path);
		return path;
	}
}

/** Whether this machine can build anchors: the reason why not, or undefined. */
export async function anchorsUnavailable(sharedFolder: string | undefined): Promise<string | undefined> {
	if (sharedFolder === undefined) return "the shared folder is absent (PAGELAB_SHARED)";
	const gcc = await runCommand("gcc", ["--version"]);
	return gcc.code === 0 ? undefined : "gcc is absent";
}
