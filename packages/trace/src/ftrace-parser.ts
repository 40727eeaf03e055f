import { ByteInterner, grown } from "./byte-interner.ts";
import { FieldReader } from "./ftrace-fields.ts";
import { FTRACE_KINDS, type FtraceKind } from "./ftrace-kinds.ts";
import type { FtraceBadLine, FtraceHeader, FtraceLog } from "./ftrace-log.ts";
import { type FinishedTable, type FtraceTable, TableBuilder } from "./ftrace-table.ts";

const NEWLINE = 0x0a;
const SPACE = 0x20;
const HASH = 0x23;
const OPEN_PAREN = 0x28;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The kernel prints the task name right-aligned in 16 columns; then comes a minus and the pid. */
const COMM_WIDTH = 16;
const COMM_CACHE = 256;
const BUFFER = 1 << 22;
const BAD_TEXT = 120;
const NS_DIGITS = 9;
const POWERS_OF_TEN = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

export interface FtraceOptions {
	/** Kinds of events to keep; all others are only counted. Without it, all are kept. */
	readonly kinds?: readonly string[];
}

/**
 * Parses ftrace text (`trace` or `trace_pipe` of tracefs, `trace-cmd report`) that comes in chunks of any size. Bytes are
 * looked at once; nothing is allocated for an event. Memory is that of the events kept, and a buffer of 4 MiB.
 */
export class FtraceParser {
	readonly #fields = new FieldReader();
	readonly #keep: ReadonlySet<string> | undefined;
	readonly #events = new EventColumns();
	readonly #kindNames = new ByteInterner();
	readonly #commNames = new ByteInterner();
	/** By kind number: its table, null for kinds without one, undefined for kinds that are only counted. */
	readonly #tables: (TableBuilder | null | undefined)[] = [];
	#counts: Uint32Array = new Uint32Array(64);

	readonly #buffer = new Uint8Array(BUFFER);
	readonly #words = new DataView(this.#buffer.buffer);
	#have = 0;
	/** In a line that is longer than the buffer, and so no event. */
	#skipping = false;
	#line = 0;
	/** Task names as four words of 32 bits, and their numbers; direct-mapped. */
	readonly #commWords = new Int32Array(4 * COMM_CACHE);
	readonly #commIds = new Int32Array(COMM_CACHE).fill(-1);

	#time = 0;
	#cpu = 0;
	#pid = 0;
	#comm = 0;

	#header: FtraceHeader | undefined;
	#garbageLines = 0;
	#firstGarbage: FtraceBadLine | undefined;
	#malformedEvents = 0;
	#firstMalformed: FtraceBadLine | undefined;
	#lostEvents = 0;

	constructor(options: FtraceOptions = {}) {
		this.#keep = options.kinds === undefined ? undefined : new Set(options.kinds);
		this.#fields.setBytes(this.#buffer);
	}

	/** Takes the next bytes of the text; the chunk is not kept. */
	push(chunk: Uint8Array): void {
		for (let at = 0; at < chunk.length; ) {
			const n = Math.min(chunk.length - at, BUFFER - this.#have);
			this.#buffer.set(chunk.subarray(at, at + n), this.#have);
			this.#have += n;
			at += n;
			this.#parseBuffer();
		}
	}

	/** Ends the text. */
	finish(): FtraceLog {
		const truncated = this.#have === 0 ? undefined : this.#badLine(0, this.#line + 1, this.#have);
		const names = this.#kindNames.texts;
		const tables = new Map<string, FinishedTable>();
		names.forEach((name, id) => {
			const table = this.#tables[id];
			if (table) tables.set(name, table.finish());
		});
		const events = this.#events.finish();
		return {
			...events,
			comms: this.#commNames.texts,
			kinds: names,
			counts: new Map(names.map((name, id) => [name, this.#counts[id] as number])),
			strings: this.#fields.strings.texts,
			gfpTexts: this.#fields.gfpTexts.texts,
			addressLists: this.#fields.addressLists,
			header: this.#header,
			problems: {
				garbageLines: this.#garbageLines,
				firstGarbage: this.#firstGarbage,
				malformedEvents: this.#malformedEvents,
				firstMalformed: this.#firstMalformed,
				truncated,
				lostEvents: this.#lostEvents,
				timeBackwards: countBackwards(events.time),
			},
			table: <K extends FtraceKind>(kind: K): FtraceTable<K> =>
				(tables.get(kind) ?? new TableBuilder(FTRACE_KINDS[kind]).finish()) as unknown as FtraceTable<K>,
		};
	}

	/** Parses all complete lines and moves the rest to the front. */
	#parseBuffer(): void {
		const end = this.#buffer.lastIndexOf(NEWLINE, this.#have - 1) + 1;
		if (end === 0) {
			if (this.#have < BUFFER) return;
			if (!this.#skipping) this.#garbage(0, this.#line + 1);
			this.#skipping = true;
			this.#have = 0;
			return;
		}
		let p = 0;
		if (this.#skipping) {
			p = this.#nextLine(0);
			this.#line++;
			this.#skipping = false;
		}
		while (p < end) {
			this.#line++;
			p = this.#parseLine(p);
		}
		this.#buffer.copyWithin(0, end, this.#have);
		this.#have -= end;
	}

	#nextLine(from: number): number {
		return this.#buffer.indexOf(NEWLINE, from) + 1;
	}

	/** Parses the line at `start` and returns where the next one begins. */
	#parseLine(start: number): number {
		const bytes = this.#buffer;
		const first = bytes[start] as number;
		if (first === HASH || first === NEWLINE) return this.#comment(start);
		let p = this.#task(start);
		if (p >= 0) p = this.#cpuAndTime(p);
		if (p < 0) return this.#otherLine(start);
		const nameStart = p;
		let hash = 0;
		let byte = bytes[p] as number;
		for (; byte !== COLON && byte > SPACE; byte = bytes[++p] as number) hash = Math.imul(hash, 31) + byte;
		if (byte !== COLON || p === nameStart) return this.#otherLine(start);
		const kind = this.#kindNames.intern(bytes, nameStart, p, hash | 0);
		if (kind >= this.#tables.length) this.#addKind();
		return this.#event(kind, start, p + 1);
	}

	#event(kind: number, start: number, fields: number): number {
		const table = this.#tables[kind];
		if (table === null) {
			this.#events.add(this.#time, this.#cpu, this.#pid, this.#comm, kind, this.#counts[kind] as number);
		} else if (table !== undefined) {
			table.reserve();
			if (!this.#fields.read(table, fields)) return this.#malformed(start);
			const row = table.commit(this.#events.length);
			this.#events.add(this.#time, this.#cpu, this.#pid, this.#comm, kind, row);
			this.#counts[kind] = (this.#counts[kind] as number) + 1;
			const behind = this.#fields.position;
			return this.#buffer[behind] === NEWLINE ? behind + 1 : this.#nextLine(behind);
		}
		this.#counts[kind] = (this.#counts[kind] as number) + 1;
		return this.#nextLine(fields);
	}

	/** Decides what happens with a kind that appears for the first time. */
	#addKind(): void {
		const id = this.#tables.length;
		const name = this.#kindNames.texts[id] ?? "";
		if (id >= this.#counts.length) this.#counts = grown(this.#counts, 2 * this.#counts.length);
		if (this.#keep !== undefined && !this.#keep.has(name)) this.#tables.push(undefined);
		else if (Object.hasOwn(FTRACE_KINDS, name)) this.#tables.push(new TableBuilder(FTRACE_KINDS[name as FtraceKind]));
		else this.#tables.push(null);
	}

	/** Reads the task's name and pid, and returns the position behind them, -1 where there are none. */
	#task(start: number): number {
		const bytes = this.#buffer;
		let p = start + COMM_WIDTH;
		if (bytes[p] === MINUS && isDigit(bytes[p + 1])) {
			const comm = this.#fixedComm(start);
			if (comm < 0) return -1;
			this.#comm = comm;
		} else {
			p = this.#looseComm(start);
			if (p < 0) return -1;
		}
		let pid = 0;
		for (let d = (bytes[++p] as number) - ZERO; d >= 0 && d <= 9; d = (bytes[++p] as number) - ZERO) pid = pid * 10 + d;
		this.#pid = pid;
		return p;
	}

	/** The number of the task name in the 16 bytes at `start`, -1 where the line ends in them: names that are known have no newline. */
	#fixedComm(start: number): number {
		const words = this.#words;
		const a = words.getInt32(start, true);
		const b = words.getInt32(start + 4, true);
		const c = words.getInt32(start + 8, true);
		const d = words.getInt32(start + 12, true);
		const mixed = Math.imul(
			a ^ Math.imul(b ^ Math.imul(c ^ Math.imul(d, 0x9e3779b1), 0x85ebca6b), 0xc2b2ae35),
			0x27d4eb2f,
		);
		const slot = mixed >>> 24;
		const cache = this.#commWords;
		const at = 4 * slot;
		const known = this.#commIds[slot] as number;
		if (known >= 0 && cache[at] === a && cache[at + 1] === b && cache[at + 2] === c && cache[at + 3] === d)
			return known;
		for (let p = start; p < start + COMM_WIDTH; p++) if (this.#buffer[p] === NEWLINE) return -1;
		cache[at] = a;
		cache[at + 1] = b;
		cache[at + 2] = c;
		cache[at + 3] = d;
		const id = this.#internComm(start, start + COMM_WIDTH);
		this.#commIds[slot] = id;
		return id;
	}

	#internComm(start: number, end: number): number {
		const bytes = this.#buffer;
		let first = start;
		while (first < end && bytes[first] === SPACE) first++;
		let hash = 0;
		for (let i = first; i < end; i++) hash = Math.imul(hash, 31) + (bytes[i] as number);
		return this.#commNames.intern(bytes, first, end, hash | 0);
	}

	/** Text that is not laid out in columns: the task ends where `-pid` stands before `[cpu]`. Returns the minus. */
	#looseComm(start: number): number {
		const bytes = this.#buffer;
		for (let p = start; bytes[p] !== NEWLINE; p++) {
			if (bytes[p] !== OPEN_BRACKET || !isDigit(bytes[p + 1])) continue;
			let q = p - 1;
			while (q > start && bytes[q] === SPACE) q--;
			// (tgid) between pid and cpu.
			if (bytes[q] === OPEN_PAREN + 1) {
				while (q > start && bytes[q] !== OPEN_PAREN) q--;
				q--;
				while (q > start && bytes[q] === SPACE) q--;
			}
			const end = q;
			while (q > start && isDigit(bytes[q])) q--;
			if (q === end || bytes[q] !== MINUS) continue;
			this.#comm = this.#internComm(start, q);
			return q;
		}
		return -1;
	}

	/** Reads `[cpu] flags time:` and returns the position of the event's name, -1 where the line is something else. */
	#cpuAndTime(start: number): number {
		const bytes = this.#buffer;
		let p = skipSpaces(bytes, start);
		if (bytes[p] === OPEN_PAREN) {
			while ((bytes[p] as number) !== OPEN_BRACKET) if (bytes[p++] === NEWLINE) return -1;
		}
		if (bytes[p] !== OPEN_BRACKET) return -1;
		let cpu = 0;
		for (let d = (bytes[++p] as number) - ZERO; d >= 0 && d <= 9; d = (bytes[++p] as number) - ZERO) cpu = cpu * 10 + d;
		if (bytes[p] !== CLOSE_BRACKET) return -1;
		this.#cpu = cpu;
		p = skipSpaces(bytes, p + 1);
		if (!isDigit(bytes[p])) {
			while ((bytes[p] as number) > SPACE) p++;
			p = skipSpaces(bytes, p);
		}
		return this.#readTime(p);
	}

	#readTime(start: number): number {
		const bytes = this.#buffer;
		let p = start;
		let seconds = 0;
		for (let d = (bytes[p] as number) - ZERO; d >= 0 && d <= 9; d = (bytes[++p] as number) - ZERO) {
			seconds = seconds * 10 + d;
		}
		if (p === start) return -1;
		this.#time = seconds;
		if (bytes[p] === DOT) {
			const point = p;
			let fraction = 0;
			for (let d = (bytes[++p] as number) - ZERO; d >= 0 && d <= 9; d = (bytes[++p] as number) - ZERO) {
				fraction = fraction * 10 + d;
			}
			const digits = p - point - 1;
			if (digits > NS_DIGITS) return -1;
			this.#time = seconds * 1e9 + fraction * (POWERS_OF_TEN[NS_DIGITS - digits] as number);
		}
		if (bytes[p] !== COLON) return -1;
		return skipSpaces(bytes, p + 1);
	}

	#comment(start: number): number {
		const next = this.#nextLine(start);
		if (this.#header === undefined && this.#buffer[start] === HASH) {
			const text = new TextDecoder("latin1").decode(this.#buffer.subarray(start, Math.min(next, start + BAD_TEXT)));
			const match = /entries-in-buffer\/entries-written: (\d+)\/(\d+)\s+#P:(\d+)/.exec(text);
			if (match !== null) {
				this.#header = {
					entriesInBuffer: Number(match[1]),
					entriesWritten: Number(match[2]),
					cpus: Number(match[3]),
				};
			}
		}
		return next;
	}

	/** Lines that are no events: lost events, lines of a stack trace below an event, and garbage. */
	#otherLine(start: number): number {
		const next = this.#nextLine(start);
		const text = new TextDecoder("latin1").decode(this.#buffer.subarray(start, Math.min(next, start + BAD_TEXT)));
		const lost = /^CPU:\d+ \[LOST (\d+) EVENTS\]/.exec(text);
		if (lost !== null) this.#lostEvents += Number(lost[1]);
		else if (!/^ => |^\s*$/.test(text)) this.#garbage(start, this.#line);
		return next;
	}

	#garbage(start: number, line: number): void {
		this.#garbageLines++;
		this.#firstGarbage ??= this.#badLine(start, line, this.#have);
	}

	#malformed(start: number): number {
		const next = this.#nextLine(start);
		this.#malformedEvents++;
		this.#firstMalformed ??= this.#badLine(start, this.#line, next);
		return next;
	}

	#badLine(start: number, line: number, end: number): FtraceBadLine {
		const bytes = this.#buffer.subarray(start, Math.min(end, start + BAD_TEXT));
		const newline = bytes.indexOf(NEWLINE);
		return { line, text: new TextDecoder().decode(newline < 0 ? bytes : bytes.subarray(0, newline)) };
	}
}

/** Parses ftrace text from chunks of any size; see {@link FtraceParser} for text that arrives bit by bit. */
export function parseFtrace(chunks: Iterable<Uint8Array>, options: FtraceOptions = {}): FtraceLog {
	const parser = new FtraceParser(options);
	for (const chunk of chunks) parser.push(chunk);
	return parser.finish();
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;

function skipSpaces(bytes: Uint8Array, start: number): number {
	let p = start;
	while (bytes[p] === SPACE) p++;
	return p;
}

function countBackwards(time: Float64Array): number {
	let count = 0;
	for (let i = 1; i < time.length; i++) if ((time[i] as number) < (time[i - 1] as number)) count++;
	return count;
}

const FIRST_CAPACITY = 4096;

/** The columns that all events have. */
class EventColumns {
	length = 0;
	#time: Float64Array = new Float64Array(FIRST_CAPACITY);
	#cpu: Uint16Array = new Uint16Array(FIRST_CAPACITY);
	#pid: Int32Array = new Int32Array(FIRST_CAPACITY);
	#comm: Uint32Array = new Uint32Array(FIRST_CAPACITY);
	#kind: Uint16Array = new Uint16Array(FIRST_CAPACITY);
	#row: Uint32Array = new Uint32Array(FIRST_CAPACITY);

	add(time: number, cpu: number, pid: number, comm: number, kind: number, row: number): void {
		const i = this.length;
		if (i === this.#time.length) this.#grow(2 * i);
		this.#time[i] = time;
		this.#cpu[i] = cpu;
		this.#pid[i] = pid;
		this.#comm[i] = comm;
		this.#kind[i] = kind;
		this.#row[i] = row;
		this.length = i + 1;
	}

	#grow(capacity: number): void {
		this.#time = grown(this.#time, capacity);
		this.#cpu = grown(this.#cpu, capacity);
		this.#pid = grown(this.#pid, capacity);
		this.#comm = grown(this.#comm, capacity);
		this.#kind = grown(this.#kind, capacity);
		this.#row = grown(this.#row, capacity);
	}

	finish(): Pick<FtraceLog, "length" | "time" | "cpu" | "pid" | "comm" | "kind" | "row"> {
		const { length } = this;
		return {
			length,
			time: this.#time.subarray(0, length),
			cpu: this.#cpu.subarray(0, length),
			pid: this.#pid.subarray(0, length),
			comm: this.#comm.subarray(0, length),
			kind: this.#kind.subarray(0, length),
			row: this.#row.subarray(0, length),
		};
	}
}
