import { countNewlines } from "./count-newlines.ts";
import { NeedleSearch } from "./needle-search.ts";
import { NEEDLES } from "./needles.ts";

/** Takes the lines that may belong to a report. */
export interface LineSink {
	/** One physical line without its line end; `number` counts from 1. */
	line(text: string, number: number): void;
	/** True while no further line is needed unless it contains a needle. */
	readonly idle: boolean;
}

/** Longer lines are cut into pieces of this many bytes, which bounds the memory for one line. */
export const LINE_BYTES_MAX = 0x10000;
/** Lines before a needle that are handed on too: the first line of a report can be wrapped in the middle of its needle. */
export const LOOK_BACK_LINES = 4;

const NEWLINE = 10;

/**
 * Chunks of bytes → the physical lines that matter. While the sink is idle, only lines with a needle (and some before
 * them) are decoded; the rest is skipped by bytes. Memory does not grow with the input.
 */
export class LineFeed {
	readonly #sink: LineSink;
	readonly #search: NeedleSearch = new NeedleSearch(NEEDLES);
	readonly #decoder: InstanceType<typeof TextDecoder> = new TextDecoder();
	/** The unfinished last line of the chunks so far. */
	#rest: Uint8Array = new Uint8Array(0);
	/** Number of the line that starts at the reading position. */
	#number = 1;
	/** The last lines that were skipped, oldest first. */
	#skipped: { bytes: Uint8Array; number: number }[] = [];

	constructor(sink: LineSink) {
		this.#sink = sink;
	}

	/** Number of lines seen so far, the unfinished one included. */
	get lines(): number {
		return this.#number;
	}

	push(chunk: Uint8Array): void {
		const bytes = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk);
		const end = bytes.lastIndexOf(NEWLINE) + 1;
		this.#feed(bytes, 0, end);
		this.#rest = this.#cutLongLine(bytes.subarray(end)).slice();
	}

	/** The input has ended: what stands after the last line end is a line too. */
	end(): void {
		const rest = this.#rest;
		this.#rest = new Uint8Array(0);
		if (rest.length > 0) this.#feed(rest, 0, rest.length);
	}

	/** Hands on the full pieces of a line that is too long and returns what is left of it. */
	#cutLongLine(line: Uint8Array): Uint8Array {
		let from = 0;
		for (; line.length - from > LINE_BYTES_MAX; from += LINE_BYTES_MAX) {
			const number = this.#number;
			this.#feed(line, from, from + LINE_BYTES_MAX);
			this.#number = number;
		}
		return line.subarray(from);
	}

	#feed(bytes: Uint8Array, from: number, to: number): void {
		let position = from;
		while (position < to) {
			position = this.#sink.idle ? this.#skipToNeedle(bytes, position, to) : this.#readLine(bytes, position, to);
		}
	}

	#readLine(bytes: Uint8Array, start: number, to: number): number {
		const newline = bytes.indexOf(NEWLINE, start);
		const end = newline < 0 || newline >= to ? to : newline;
		const text = this.#decoder.decode(bytes.subarray(start, Math.min(end, start + LINE_BYTES_MAX)));
		this.#sink.line(withoutLineEnd(text), this.#number);
		this.#number++;
		return end + 1;
	}

	/** Skips to the first line with a needle, hands it on with the lines before it, and returns where the next starts. */
	#skipToNeedle(bytes: Uint8Array, start: number, to: number): number {
		const hit = this.#search.find(bytes, start, to);
		const lineStart = hit < 0 ? to : bytes.lastIndexOf(NEWLINE, hit) + 1;
		const from = Math.max(start, lineStart);
		this.#remember(bytes, start, from);
		if (hit < 0) return to;
		for (const { bytes: line, number } of this.#skipped) {
			this.#sink.line(withoutLineEnd(this.#decoder.decode(line)), number);
		}
		this.#skipped = [];
		return this.#readLine(bytes, from, to);
	}

	/** Counts the lines from `start` to `end`, where a line ends too, and keeps the last ones. */
	#remember(bytes: Uint8Array, start: number, end: number): void {
		if (start === end) return;
		this.#number += countNewlines(bytes, start, end);
		if (bytes[end - 1] !== NEWLINE) this.#number++;
		let lineEnd = end;
		const kept: { bytes: Uint8Array; number: number }[] = [];
		for (let back = 1; back <= LOOK_BACK_LINES && lineEnd > start; back++) {
			const lineStart = lineEnd < start + 2 ? start : Math.max(start, bytes.lastIndexOf(NEWLINE, lineEnd - 2) + 1);
			const line = bytes.slice(lineStart, Math.min(lineEnd, lineStart + LINE_BYTES_MAX));
			kept.unshift({ bytes: line, number: this.#number - back });
			lineEnd = lineStart;
		}
		this.#skipped = [...this.#skipped, ...kept].slice(-LOOK_BACK_LINES);
	}
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
	const both = new Uint8Array(a.length + b.length);
	both.set(a);
	both.set(b, a.length);
	return both;
}

/** Without CR and LF at the end, and without the CR and NUL bytes that serial lines and crashes leave at the start. */
function withoutLineEnd(text: string): string {
	let from = 0;
	let to = text.length;
	while (to > 0 && (text[to - 1] === "\r" || text[to - 1] === "\n")) to--;
	while (from < to && (text[from] === "\r" || text[from] === "\0")) from++;
	return text.slice(from, to);
}
