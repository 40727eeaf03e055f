import { ByteInterner } from "./byte-interner.ts";
import type { AddressColumn, FieldColumn, TableBuilder } from "./ftrace-table.ts";

const NEWLINE = 0x0a;
const SPACE = 0x20;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const X = 0x78;
const CLOSE_PAREN = 0x29;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACE = 0x7b;
const MAX_INT = 0x7fff_ffff;

/** Digit values of hexadecimal characters, -1 for all others. */
const HEX = new Int8Array(256).fill(-1);
for (let d = 0; d < 10; d++) HEX[ZERO + d] = d;
for (let d = 10; d < 16; d++) {
	HEX[0x61 - 10 + d] = d;
	HEX[0x41 - 10 + d] = d;
}

/**
 * Takes the fields of events apart. Works on complete lines, each with its newline, and never reads beyond a newline.
 * After a call, {@link position} stands behind the last field.
 */
export class FieldReader {
	readonly strings: ByteInterner = new ByteInterner();
	readonly gfpTexts: ByteInterner = new ByteInterner();
	/** Values of `addresses` fields. */
	readonly addressLists: AddressColumn[] = [];
	position = 0;
	#bytes: Uint8Array = new Uint8Array(0);

	/** Sets the text that the positions are in. */
	setBytes(bytes: Uint8Array): void {
		this.#bytes = bytes;
	}

	/** Writes the fields from `start` on into the table's next row; false where they are not those of the kind. */
	read(table: TableBuilder, start: number): boolean {
		const bytes = this.#bytes;
		const row = table.length;
		const { fields } = table;
		let p = start;
		for (let f = 0; f < fields.length; f++) {
			const field = fields[f] as FieldColumn;
			let byte = bytes[p] as number;
			while (byte === SPACE || byte === COMMA || byte === CLOSE_PAREN) byte = bytes[++p] as number;
			const { literal } = field;
			if (!startsWith(bytes, p, literal)) {
				const found = this.#find(literal, p);
				if (found < 0) {
					if (field.isNeeded) return false;
					writeAbsent(field, row);
					continue;
				}
				p = found;
			}
			p = this.#value(field, row, p + literal.length);
			if (p < 0) return false;
		}
		this.position = p;
		return true;
	}

	/** Where a literal stands in the rest of the line, or -1. */
	#find(literal: Uint8Array, from: number): number {
		const bytes = this.#bytes;
		for (let p = from; bytes[p] !== NEWLINE; p++) if (startsWith(bytes, p, literal)) return p;
		return -1;
	}

	/** Reads one value and returns the position behind it, -1 where there is none. */
	#value(field: FieldColumn, row: number, p: number): number {
		switch (field.type) {
			case "int":
				return this.#int(field.ints, row, p);
			case "skip":
				return this.#skip(p);
			case "gfp":
				return this.#text(this.gfpTexts, field.ints, row, p);
			case "word":
				return this.#text(this.strings, field.ints, row, p);
			case "wide":
				return this.#wide(field.wides, row, p);
			case "ino":
				return this.#bareHex(field.wides, row, p);
			case "address":
				return this.#address(field.highs, field.ints, row, p);
			case "addresses":
				return this.#addresses(field.ints, row, p);
			case "rest":
				return this.#rest(field.ints, row, p);
			default:
				return this.#probe(p);
		}
	}

	/** Decimal, negative too, or hexadecimal with 0x; at most 31 bits. */
	#int(column: Int32Array, row: number, start: number): number {
		const bytes = this.#bytes;
		let p = start;
		let value = 0;
		if (bytes[p] === ZERO && bytes[p + 1] === X) {
			p += 2;
			const first = p;
			for (let d = HEX[bytes[p] as number] as number; d >= 0; d = HEX[bytes[++p] as number] as number) {
				value = value * 16 + d;
			}
			if (p === first || value > MAX_INT) return -1;
			column[row] = value;
			return p;
		}
		const negative = bytes[p] === MINUS;
		if (negative) p++;
		const first = p;
		for (let d = (bytes[p] as number) - ZERO; d >= 0 && d <= 9; d = (bytes[++p] as number) - ZERO)
			value = value * 10 + d;
		if (p === first || value > MAX_INT) return -1;
		column[row] = negative ? -value : value;
		return p;
	}

	/** The same up to 2^53. */
	#wide(column: Float64Array, row: number, start: number): number {
		const bytes = this.#bytes;
		if (bytes[start] === ZERO && bytes[start + 1] === X) return this.#bareHex(column, row, start + 2);
		const negative = bytes[start] === MINUS;
		const first = negative ? start + 1 : start;
		let p = first;
		let value = 0;
		for (let d = (bytes[p] as number) - ZERO; d >= 0 && d <= 9; d = (bytes[++p] as number) - ZERO)
			value = value * 10 + d;
		if (p === first || value > Number.MAX_SAFE_INTEGER) return -1;
		column[row] = negative ? -value : value;
		return p;
	}

	#bareHex(column: Float64Array, row: number, start: number): number {
		const bytes = this.#bytes;
		let p = start;
		let value = 0;
		for (let d = HEX[bytes[p] as number] as number; d >= 0; d = HEX[bytes[++p] as number] as number) {
			value = value * 16 + d;
		}
		if (p === start || value > Number.MAX_SAFE_INTEGER) return -1;
		column[row] = value;
		return p;
	}

	#address(highs: Int32Array, lows: Int32Array, row: number, start: number): number {
		const bytes = this.#bytes;
		if (bytes[start] !== ZERO || bytes[start + 1] !== X) return -1;
		let p = start + 2;
		let high = 0;
		let low = 0;
		for (let d = HEX[bytes[p] as number] as number; d >= 0; d = HEX[bytes[++p] as number] as number) {
			high = (high << 4) | (low >>> 28);
			low = (low << 4) | d;
		}
		if (p === start + 2 || p > start + 18) return -1;
		highs[row] = high;
		lows[row] = low;
		return p;
	}

	/** `{0x1,0x2}`; rare, so a small object each does no harm. */
	#addresses(column: Int32Array, row: number, start: number): number {
		const bytes = this.#bytes;
		if (bytes[start] !== OPEN_BRACE) return -1;
		const highs: number[] = [];
		const lows: number[] = [];
		const one = new Int32Array(2);
		let p = start;
		while (bytes[p] === OPEN_BRACE || bytes[p] === COMMA) {
			p = this.#address(one.subarray(0, 1), one.subarray(1), 0, p + 1);
			if (p < 0) return -1;
			highs.push(one[0] as number);
			lows.push(one[1] as number);
		}
		if (bytes[p] !== CLOSE_BRACE) return -1;
		column[row] = this.addressLists.length;
		this.addressLists.push({ high: Uint32Array.from(highs), low: Uint32Array.from(lows) });
		return p + 1;
	}

	/** A text up to white space or a comma, which may be empty. */
	#text(interner: ByteInterner, column: Int32Array, row: number, start: number): number {
		const bytes = this.#bytes;
		let p = start;
		let hash = 0;
		for (let byte = bytes[p] as number; byte > SPACE && byte !== COMMA; byte = bytes[++p] as number) {
			hash = Math.imul(hash, 31) + byte;
		}
		column[row] = interner.intern(bytes, start, p, hash | 0);
		return p;
	}

	/** The rest of the line without white space at its end. */
	#rest(column: Int32Array, row: number, start: number): number {
		const bytes = this.#bytes;
		let p = start;
		while (bytes[p] !== NEWLINE) p++;
		let end = p;
		while (end > start && (bytes[end - 1] as number) <= SPACE) end--;
		let hash = 0;
		for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + (bytes[i] as number);
		column[row] = this.strings.intern(bytes, start, end, hash | 0);
		return p;
	}

	#skip(start: number): number {
		const bytes = this.#bytes;
		let p = start;
		while ((bytes[p] as number) > SPACE) p++;
		return p;
	}

	#probe(start: number): number {
		const bytes = this.#bytes;
		let p = start;
		while (bytes[p] !== CLOSE_PAREN) if (bytes[p++] === NEWLINE) return -1;
		return p + 1;
	}
}

function startsWith(bytes: Uint8Array, at: number, literal: Uint8Array): boolean {
	for (let i = 0; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return false;
	return true;
}

function writeAbsent(field: FieldColumn, row: number): void {
	if (field.type === "wide" || field.type === "ino") field.wides[row] = -1;
	else if (field.type !== "skip" && field.type !== "probe") field.ints[row] = -1;
	if (field.type === "address") field.highs[row] = -1;
}
