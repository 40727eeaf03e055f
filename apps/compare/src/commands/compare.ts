import { basename, resolve } from "node:path";
import { DEFAULT_KERNEL, InputError, parseKernelId } from "@pagelab/base";
import { DESIGNS, findDesign } from "@pagelab/designs";
import { comparisonJson, compareDesigns, renderHtml, renderSvgSummary, renderTable } from "@pagelab/report";
import type { CliCommand } from "../cli/cli-command.ts";
import type { CommandIo } from "../cli/command-io.ts";
import { EXIT, type ExitCode } from "../cli/exit-codes.ts";
import { requireWritable, writeFileWhole } from "../cli/write-file.ts";
import { type CompareOptions, DEFAULT_FOREGROUND, DEFAULT_SEED_COUNT } from "../compare/compare-options.ts";
import { DEFAULT_RECORDING, loadRecording } from "../compare/load-recording.ts";
import { loadIdleMachine } from "../compare/load-idle-machine.ts";
import { parseSeeds } from "../compare/parse-seeds.ts";
import { type Background, runComparison } from "../compare/run-comparison.ts";
import { STATE_ARGUMENT } from "../input/load-state.ts";

interface CompareFlags {
	readonly recording: string;
	readonly profile: string;
	readonly seeds: string;
	readonly tasks: string;
	readonly inodes: string;
	readonly from: string;
	readonly until: string;
	readonly pause: string;
	readonly state?: string;
	readonly html?: string;
	readonly svg?: string;
}

const DEFAULTS: CompareFlags = {
	recording: DEFAULT_RECORDING,
	profile: DEFAULT_KERNEL,
	seeds: `1-${DEFAULT_SEED_COUNT}`,
	tasks: String(DEFAULT_FOREGROUND.tasks),
	inodes: String(DEFAULT_FOREGROUND.inodesPerOp),
	from: String(DEFAULT_FOREGROUND.fromMs),
	until: String(DEFAULT_FOREGROUND.untilMs),
	pause: String(DEFAULT_FOREGROUND.pauseUs),
};

function wholeNumber(option: string, text: string, least: number, most: number): number {
	const n = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
	if (n >= least && n <= most) return n;
	throw new InputError(`--${option} ${text} is not usable, expected a whole number from ${least} to ${most}`);
}

function parseOptions(names: readonly string[], flags: CompareFlags): CompareOptions {
	const designs = names.length === 0 ? DESIGNS : names.map(findDesign);
	if (new Set(designs).size !== designs.length) throw new InputError("a design stands twice, expected each once");
	const fromMs = wholeNumber("from", flags.from, 0, 1_000_000);
	return {
		designs,
		kernel: parseKernelId(flags.profile),
		seeds: parseSeeds(flags.seeds),
		foreground: {
			tasks: wholeNumber("tasks", flags.tasks, 1, 1000),
			inodesPerOp: wholeNumber("inodes", flags.inodes, 1, 10_000),
			fromMs,
			untilMs: wholeNumber("until", flags.until, fromMs, 1_000_000),
			pauseUs: wholeNumber("pause", flags.pause, 4, 10_000_000),
		},
	};
}

/** The line that repeats the run: designs and seeds always, of the rest what is not the default. */
function commandLine({ designs, seeds }: CompareOptions, flags: CompareFlags): string[] {
	const changed = (Object.keys(DEFAULTS) as (keyof CompareFlags)[]).filter(
		(name) => name !== "seeds" && flags[name] !== DEFAULTS[name],
	);
	const { state } = flags;
	const seedText = flags.seeds === DEFAULTS.seeds ? flags.seeds : seeds.join(",");
	return [
		"pagelab",
		"compare",
		...designs.map((d) => d.id),
		"--seeds",
		seedText,
		...(state === undefined ? [] : ["--state", state]),
		...changed.flatMap((name) => [`--${name}`, flags[name] ?? ""]),
	];
}

/** The recording, or the machine that stands in its place. */
function loadBackground(
	io: CommandIo,
	{ kernel, foreground }: CompareOptions,
	{ state, recording }: CompareFlags,
): { background: Background; warnings: readonly string[] } {
	io.progress(`read ${basename(state ?? recording)}`);
	if (state !== undefined) return loadIdleMachine(state, kernel, foreground.untilMs);
	return { background: loadRecording(resolve(recording)), warnings: [] };
}

function runCompare(io: CommandIo, names: readonly string[], flags: CompareFlags): ExitCode {
	const options = parseOptions(names, flags);
	if (flags.state !== undefined && flags.recording !== DEFAULTS.recording) {
		throw new InputError("--state and --recording exclude each other, expected one of them");
	}
	for (const file of [flags.html, flags.svg]) if (file !== undefined) requireWritable(file);
	const { background, warnings } = loadBackground(io, options, flags);
	const run = runComparison(background, options, commandLine(options, flags), (done, all, what) =>
		io.progress(`run ${done + 1}/${all}: ${what}`),
	);
	io.progress("compare");
	const comparison = compareDesigns({ ...run, warnings: [...warnings, ...run.warnings] });
	if (flags.html !== undefined) {
		writeFileWhole(flags.html, renderHtml(comparison));
		io.note(`The page is in ${flags.html}.`);
	}
	if (flags.svg !== undefined) {
		writeFileWhole(flags.svg, renderSvgSummary(comparison));
		io.note(`The picture is in ${flags.svg}.`);
	}
	if (io.json) io.printJson(comparisonJson(comparison));
	else for (const line of renderTable(comparison).trimEnd().split("\n")) io.print(line);
	return EXIT.DONE;
}

export const compareCommand: CliCommand = {
	name: "compare",
	declare: (command, bind) => {
		command
			.summary("run designs side by side on a recording and compare them")
			.description(
				"Replays a recording of a real kernel as the background and creates inodes under a btree lock beside it, once for " +
					"each design and seed; prints what differs, with intervals over the seeds.",
			)
			.argument("[design...]", `designs to compare, the first is compared with: ${DESIGNS.map((d) => d.id).join(", ")}`)
			.option(
				"--recording <folder>",
				"whole-system recording (state.json.gz, trace.txt.gz); one comes along",
				DEFAULTS.recording,
			)
			.option("--state <what>", `instead: a machine on which nobody else runs: a size (4G), or ${STATE_ARGUMENT}`)
			.option("--profile <kernel>", "kernel to model, the same for all designs", DEFAULTS.profile)
			.option("--seeds <list>", "seeds, as in 1-20 or 3,7", DEFAULTS.seeds)
			.option("--tasks <n>", "tasks that create inodes", DEFAULTS.tasks)
			.option("--inodes <n>", "inodes that one operation creates under the lock", DEFAULTS.inodes)
			.option("--from <ms>", "when they begin, in ms of the recording", DEFAULTS.from)
			.option("--until <ms>", "when they end", DEFAULTS.until)
			.option("--pause <us>", "longest pause between two operations, in us", DEFAULTS.pause)
			.option("--html <file>", "also write a page")
			.option("--svg <file>", "also write a picture")
			.action(bind(runCompare));
	},
};
