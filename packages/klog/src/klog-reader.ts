import { Assembler } from "./assembly/assembler.ts";
import { finishEvent, type KlogEvent } from "./events/klog-event.ts";
import { LineFeed } from "./input/line-feed.ts";

/**
 * Reads a kernel log of any length, chunk by chunk. Most bytes of a log that has little to do with memory are skipped
 * unread; memory does not grow with the input.
 *
 * An event comes out once sixteen younger ones are over, or at the end: oom_reaper's line about a victim can be late. Events
 * come out in the order in which they were over.
 */
export class KlogReader {
	#ready: KlogEvent[] = [];
	readonly #assembler: Assembler;
	readonly #feed: LineFeed;

	constructor() {
		const assembler: Assembler = new Assembler((draft) => {
			const event = finishEvent(draft, assembler.kernel);
			if (event !== undefined) this.#ready.push(event);
		});
		this.#assembler = assembler;
		this.#feed = new LineFeed(assembler);
	}

	/** Reads the next bytes, which may end anywhere, and returns the events that are over. Never throws for what a log contains. */
	push(chunk: Uint8Array): KlogEvent[] {
		this.#feed.push(chunk);
		return this.#take();
	}

	/** The log has ended: returns the remaining events. */
	end(): KlogEvent[] {
		this.#feed.end();
		this.#assembler.end();
		return this.#take();
	}

	#take(): KlogEvent[] {
		const ready = this.#ready;
		this.#ready = [];
		return ready;
	}
}

/** All events of a log that is in memory, in the order of their first lines. */
export function readKlog(log: string | Uint8Array): KlogEvent[] {
	const reader = new KlogReader();
	const bytes = typeof log === "string" ? new TextEncoder().encode(log) : log;
	const events = [...reader.push(bytes), ...reader.end()];
	return events.sort((a, b) => a.firstLine - b.firstLine);
}

/** Events of a log that comes in chunks, such as a file stream. */
export async function* readKlogStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<KlogEvent, void, void> {
	const reader = new KlogReader();
	for await (const chunk of chunks) yield* reader.push(chunk);
	yield* reader.end();
}
