// Makes a small copy of a whole-system recording: see README.md beside this file.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { InputError } from "../../packages/base/src/index.ts";
import { readReplayRecording, REPLAY_EVENTS } from "../../packages/trace/src/index.ts";
import { differingColumns } from "./differing-columns.ts";
import { reduceState } from "./reduce-state.ts";
import { reduceTrace } from "./reduce-trace.ts";

const USAGE = "usage: node --conditions=@pagelab/source tools/reduce-recording/reduce.ts FROM TO";

function reduceFolder(from: string, to: string): void {
	const path = { state: join(from, "state.json.gz"), trace: join(from, "trace.txt.gz") };
	const state = gunzipSync(readFileSync(path.state));
	const trace = gunzipSync(readFileSync(path.trace));
	const whole = readReplayRecording({ state, trace: [trace], stateFile: path.state, traceFile: path.trace });
	const small = reduceTrace(trace, REPLAY_EVENTS);
	const smallState = reduceState(state, small);
	const copy = readReplayRecording({ state: smallState, trace: [small.text] });
	const differing = differingColumns(whole.plan, copy.plan);
	if (differing.length > 0) throw new Error(`the copy replays differently: ${differing.join(", ")}`);
	mkdirSync(to, { recursive: true });
	const written = [
		writeGzip(join(to, "state.json.gz"), smallState),
		writeGzip(join(to, "trace.txt.gz"), small.text),
	].reduce((sum, bytes) => sum + bytes, 0);
	console.log(
		`${whole.recording.name}: ${small.eventsKept} of ${small.eventsRead} events, ${copy.plan.length} operations, ` +
			`${copy.check.differ} frames differ, ${written} bytes`,
	);
}

function writeGzip(path: string, bytes: Uint8Array): number {
	const packed = gzipSync(bytes, { level: 9 });
	writeFileSync(path, packed);
	return packed.length;
}

function main(argv: readonly string[]): number {
	const [from, to] = argv;
	if (from === undefined || to === undefined || argv.length > 2) {
		console.error(USAGE);
		return 2;
	}
	try {
		reduceFolder(from, to);
		return 0;
	} catch (error) {
		console.error(`reduce-recording: ${error instanceof InputError ? error.describe() : (error as Error).message}`);
		return 2;
	}
}

process.exitCode = main(process.argv.slice(2));
