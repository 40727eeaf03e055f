/** The probe reads an array in two parts, as a field of a probe has at most 64 elements. */
const SLOTS_OF_PAGES = 64;

/** What {@link reduceTrace} made of a trace. */
export interface ReducedTrace {
	readonly text: Uint8Array;
	/** Events that were kept, by kind in the order of first appearance. */
	readonly eventCounts: ReadonlyMap<string, number>;
	readonly eventsKept: number;
	readonly eventsRead: number;
}

/** Behind the time stamp of an event stands its kind. */
const EVENT = / \d+\.\d+: (\w+): /;
const ENTRIES = /^# entries-in-buffer\/entries-written: \d+\/\d+/;
const NOTE = "# reduced by tools/reduce-recording: ";

/**
 * Keeps the events of the given kinds, unchanged but for what no reader uses: the hashed addresses of pages, which make
 * most of a compressed trace, become 0, and arrays of bulk_ret end with the slots that were returned. Comments stay; the
 * header counts the events that are left, and says how many there were.
 */
export function reduceTrace(bytes: Uint8Array, kinds: readonly string[]): ReducedTrace {
	const wanted = new Set(kinds);
	const eventCounts = new Map<string, number>();
	let eventsRead = 0;
	const kept: string[] = [];
	// Latin-1 keeps every byte, whatever task names hold.
	for (const line of Buffer.from(bytes).toString("latin1").split("\n")) {
		const kind = line.startsWith("#") ? undefined : EVENT.exec(line)?.[1];
		if (kind === undefined) {
			kept.push(line);
			continue;
		}
		eventsRead++;
		if (!wanted.has(kind)) continue;
		eventCounts.set(kind, (eventCounts.get(kind) ?? 0) + 1);
		kept.push(reduceEvent(kind, line));
	}
	const eventsKept = [...eventCounts.values()].reduce((sum, n) => sum + n, 0);
	// A copy of a copy keeps the note of the first.
	const note = kept.some((line) => line.startsWith(NOTE)) ? [] : [noteOf(eventsKept, eventsRead)];
	const lines = kept.flatMap((line) =>
		ENTRIES.test(line) ? [line.replace(/\d+\/\d+/, `${eventsKept}/${eventsKept}`), ...note] : [line],
	);
	return { text: Buffer.from(lines.join("\n"), "latin1"), eventCounts, eventsKept, eventsRead };
}

const noteOf = (kept: number, read: number): string =>
	`${NOTE}${kept} of ${read} events, hashed page addresses set to 0`;

const reduceEvent = (kind: string, line: string): string =>
	kind === "bulk_ret" ? reduceBulk(line) : line.replace(/ (page|folio)=[0-9a-f]{16}(?= pfn=)/, " $1=0");

/** Behind the returned slots an array has stale memory. */
function reduceBulk(line: string): string {
	const returned = Number(/ ret=(\w+)/.exec(line)?.[1]);
	const slots = [...line.matchAll(/ pages2?=\{([^}]*)\}/g)].flatMap(([, list = ""]) => list.split(","));
	const used = slots.slice(0, Math.max(1, returned));
	const first = used.slice(0, SLOTS_OF_PAGES);
	const second = used.slice(SLOTS_OF_PAGES);
	const rest = second.length === 0 ? "" : ` pages2={${second.join(",")}}`;
	return `${line.slice(0, line.indexOf(" pages="))} pages={${first.join(",")}}${rest}`;
}
