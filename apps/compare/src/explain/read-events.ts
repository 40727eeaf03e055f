import { InputError } from "@pagelab/base";
import { isProcSnapshot, type KlogEvent, KlogReader } from "@pagelab/klog";
import type { CommandIo } from "../cli/command-io.ts";
import { readChunks } from "../input/read-chunks.ts";

/** Enough to see what a text is. */
const HEAD_BYTES = 200;
const MIB = 1 << 20;
/** Bytes between two words on the progress. */
const PROGRESS_BYTES = 64 * MIB;

/**
 * The events of a log, in its order. Only they are kept in memory.
 *
 * @throws InputError for what cannot be read, and for a log without any event.
 */
export async function readEvents(path: string, io: Pick<CommandIo, "progress">): Promise<KlogEvent[]> {
	const reader = new KlogReader();
	const events: KlogEvent[] = [];
	let bytes = 0;
	let head = "";
	for await (const chunk of readChunks(path)) {
		events.push(...reader.push(chunk));
		if (bytes === 0) head = new TextDecoder().decode(chunk.subarray(0, HEAD_BYTES));
		bytes += chunk.length;
		if (bytes % PROGRESS_BYTES < chunk.length && bytes >= PROGRESS_BYTES)
			io.progress(`${Math.floor(bytes / MIB)} MiB read, ${events.length} events`);
	}
	events.push(...reader.end());
	if (events.length > 0) return events.sort((a, b) => a.firstLine - b.firstLine);
	if (isProcSnapshot(head)) {
		throw new InputError("these are files of /proc and no kernel log; `pagelab map` draws the state in them", {
			file: path,
		});
	}
	const what = bytes === 0 ? "the input is empty" : "there is no event in this log";
	throw new InputError(`${what}, expected a kernel log with an OOM kill or a failed allocation`, { file: path });
}
