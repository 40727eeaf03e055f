import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { InputError } from "@pagelab/base";
import { isProcSnapshot, splitProcSnapshot } from "@pagelab/klog";
import type { MachineState } from "@pagelab/page-model";
import {
	detectFormat,
	type ProcTexts,
	readProcState,
	readStateFile,
	type RecordingFormat,
	type StateMoment,
} from "@pagelab/trace";
import { loadLog } from "./load-log.ts";
import type { LoggedRequest } from "./logged-request.ts";
import { readInput } from "./read-input.ts";
import { isTar, readTar } from "./read-tar.ts";
import { SNAPSHOT_PROC_FILES, SNAPSHOT_SYSCTLS } from "./snapshot-files.ts";

/** A state that a user named on the command line, with what is worth saying about where it comes from. */
export interface LoadedState {
	readonly state: MachineState;
	/** For a heading, as in `dev-c128-1-mixed, initial`. */
	readonly title: string;
	/** One sentence each about what the source does not have. */
	readonly notes: readonly string[];
	/** What was asked for in the event of a log, or why that is not known, as a clause. */
	readonly request?: LoggedRequest | string;
}

export const STATE_MOMENTS: readonly StateMoment[] = ["initial", "final"];

/** For the help of commands that take a state. */
export const STATE_ARGUMENT: string =
	"a recording or dump of mmprobe (.json, .json.gz), a snapshot (folder, .tar, .tar.gz), " +
	"/proc/zoneinfo with buddyinfo and pagetypeinfo, or a kernel log with an OOM kill or allocation failure (LOG, LOG#2)";

interface Source {
	/** Where the bytes come from, for messages. */
	readonly path: string;
	/** File name without folders. */
	readonly name: string;
	readonly bytes: Uint8Array;
}

/** Recordings that a folder may have beside its state are too large to be opened on suspicion. */
const STATE_FILES = ["state.json", "state.json.gz"];
const TEXT_FORMATS: readonly RecordingFormat[] = ["zoneinfo", "buddyinfo", "pagetypeinfo"];

/**
 * Loads the state that one or more paths describe together: one recording or dump of mmprobe, or /proc texts as single
 * files, as a folder, as a tar archive or one behind the other as `tail` prints them; or an event of a kernel log.
 *
 * @throws InputError for what cannot be read or used, and for several states at once.
 */
export function loadState(paths: readonly string[], moment: StateMoment): LoadedState {
	const { files, event } = splitEvent(paths);
	const sources = files.flatMap(openPath);
	const machine = loadOnlyLog(sources, event);
	if (machine !== undefined) return machine;
	const recordings = sources.filter(({ bytes }) => detectFormat(bytes) === "mmprobe");
	const [recording] = recordings;
	if (recording === undefined) return loadProcTexts(files, sources);
	if (sources.some((source) => source !== recording && !isSysctl(source))) {
		throw new InputError("a recording is a state of its own, expected no other files beside it", {
			file: recording.path,
		});
	}
	const { state, recording: name, field } = readStateFile(recording.bytes, moment, recording.path);
	return { state, title: name === undefined ? recording.path : `${name}, ${field}`, notes: [] };
}

/** `LOG#2` is the second event of a log, unless there is a file of that name. */
function splitEvent(paths: readonly string[]): { files: readonly string[]; event: number | undefined } {
	const [path = ""] = paths;
	const match = paths.length > 1 || existsSync(path) ? null : /^(.+)#(\d{1,6})$/.exec(path);
	if (match === null) return { files: paths, event: undefined };
	return { files: [match[1] ?? ""], event: Number(match[2]) };
}

/** A single file that is no state but a kernel log. */
function loadOnlyLog(sources: readonly Source[], event: number | undefined): LoadedState | undefined {
	const [source] = sources;
	const isOther = sources.length !== 1 || source === undefined || detectFormat(source.bytes) !== undefined;
	const machine = isOther ? undefined : loadLog(source.bytes, source.path, event);
	if (machine !== undefined || event === undefined) return machine;
	throw new InputError(`there is no event ${event} in this file, expected a kernel log before the #`, {
		file: source?.path ?? "",
	});
}

function openPath(path: string): readonly Source[] {
	if (path !== "-" && existsSync(path) && statSync(path).isDirectory()) return openFolder(path);
	const bytes = readInput(path);
	if (startsAsProcSnapshot(bytes)) return openProcSnapshot(path, bytes);
	if (!isTar(bytes)) return [{ path, name: basename(path), bytes }];
	const known = new Set<string>([...STATE_FILES, ...SNAPSHOT_PROC_FILES, ...SNAPSHOT_SYSCTLS]);
	const sources = readTar(bytes, path)
		.map((entry) => ({ path: `${path}(${entry.name})`, name: basename(entry.name), bytes: entry.bytes }))
		.filter(({ name }) => known.has(name));
	return expectSome(sources, path);
}

const startsAsProcSnapshot = (bytes: Uint8Array): boolean =>
	isProcSnapshot(new TextDecoder().decode(bytes.subarray(0, 200)));

/** Several /proc files in one text, as `tail -n +1 /proc/zoneinfo …` prints them. */
function openProcSnapshot(path: string, bytes: Uint8Array): readonly Source[] {
	const known = new Set<string>([...SNAPSHOT_PROC_FILES, ...SNAPSHOT_SYSCTLS]);
	const encoder = new TextEncoder();
	const sources = splitProcSnapshot(new TextDecoder().decode(bytes))
		.filter(({ name }) => known.has(name))
		.map(({ name, text }) => ({ path: `${path}(${name})`, name, bytes: encoder.encode(text) }));
	return expectSome(sources, path);
}

function openFolder(folder: string): readonly Source[] {
	const names = [...STATE_FILES, ...SNAPSHOT_PROC_FILES, ...SNAPSHOT_SYSCTLS];
	const sources = names
		.map((name) => join(folder, name))
		.filter((path) => existsSync(path))
		.map((path) => ({ path, name: basename(path), bytes: readInput(path) }));
	return expectSome(sources, folder);
}

function expectSome(sources: readonly Source[], file: string): readonly Source[] {
	if (sources.length > 0) return sources;
	throw new InputError("there is no state in it, expected zoneinfo or state.json", { file });
}

const isSysctl = ({ name }: Source): boolean => SNAPSHOT_SYSCTLS.some((sysctl) => sysctl === name);

/** Other files of a snapshot, such as meminfo, are for other commands. */
const isOfSnapshot = ({ name }: Source): boolean => SNAPSHOT_PROC_FILES.some((file) => file === name);

function loadProcTexts(paths: readonly string[], sources: readonly Source[]): LoadedState {
	const texts = new Map<RecordingFormat, Source>();
	for (const source of sources) {
		const format = detectFormat(source.bytes);
		if (format === undefined || !TEXT_FORMATS.includes(format)) {
			if (isSysctl(source) || isOfSnapshot(source)) continue;
			throw new InputError(`this is ${FORMAT_NAMES[format ?? ""] ?? "no state"}, expected ${STATE_ARGUMENT}`, {
				file: source.path,
				offset: 0,
			});
		}
		const other = texts.get(format);
		if (other !== undefined)
			throw new InputError(`this is a second ${format} beside ${other.path}`, { file: source.path });
		texts.set(format, source);
	}
	const zoneinfo = texts.get("zoneinfo");
	if (zoneinfo === undefined) throw new InputError("there is no zoneinfo among the files", { file: paths.join(", ") });
	const { state, notes } = readProcState(
		procTexts(
			texts,
			zoneinfo,
			sources.filter((source) => isSysctl(source)),
		),
		{ file: zoneinfo.path },
	);
	return { state, title: paths.join(", "), notes };
}

const FORMAT_NAMES: Readonly<Record<string, string>> = {
	ftrace: "an ftrace text, which has no state of its own",
	"trace-cmd": "a trace-cmd file, which has no state of its own",
};

const textOf = ({ bytes }: Source): string => new TextDecoder().decode(bytes);

function procTexts(
	texts: ReadonlyMap<RecordingFormat, Source>,
	zoneinfo: Source,
	sysctls: readonly Source[],
): ProcTexts {
	const buddyinfo = texts.get("buddyinfo");
	const pagetypeinfo = texts.get("pagetypeinfo");
	return {
		zoneinfo: textOf(zoneinfo),
		...(buddyinfo === undefined ? {} : { buddyinfo: textOf(buddyinfo) }),
		...(pagetypeinfo === undefined ? {} : { pagetypeinfo: textOf(pagetypeinfo) }),
		sysctl: Object.fromEntries(sysctls.map((source) => [source.name, textOf(source)])),
	};
}
