import { InputError } from "@pagelab/base";

/** Where and why bytes are not JSON. */
export interface JsonSyntaxError {
	/** First byte that cannot belong to the text; the length of the input where the text ends early. */
	readonly offset: number;
	readonly expected: string;
}

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const WORD = /^(?:true|false|null)/;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/;
/** Longest number or word that is looked at; recordings hold integers of at most 20 digits. */
const SCALAR_WINDOW = 64;

/**
 * A syntax check of JSON that only finds the place of an error. JSON.parse is faster, but its messages differ between
 * engines and give no offset where the text is cut off.
 */
class JsonScanner {
	readonly #bytes: Uint8Array;
	/** Brackets that are open, innermost last. */
	readonly #open: number[] = [];
	#pos = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	scan(): JsonSyntaxError | undefined {
		let expected = this.#value();
		while (expected === undefined && this.#open.length > 0) expected = this.#afterValue();
		if (expected === undefined && this.#peek() !== undefined) expected = "the end of the file";
		return expected === undefined ? undefined : { offset: this.#pos, expected };
	}

	/** The next byte after white space, not consumed. */
	#peek(): number | undefined {
		for (;;) {
			const byte = this.#bytes[this.#pos];
			if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
			this.#pos++;
		}
	}

	/** Consumes the scalar or the opening part of a value, up to the first scalar or empty pair of brackets. */
	#value(): string | undefined {
		for (;;) {
			const byte = this.#peek();
			if (byte === QUOTE) return this.#string();
			if (byte !== OPEN_OBJECT && byte !== OPEN_ARRAY) return this.#scalar();
			this.#pos++;
			const close = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
			if (this.#peek() === close) {
				this.#pos++;
				return undefined;
			}
			this.#open.push(byte);
			if (byte === OPEN_OBJECT) {
				const expected = this.#key();
				if (expected !== undefined) return expected;
			}
		}
	}

	#afterValue(): string | undefined {
		const inObject = this.#open.at(-1) === OPEN_OBJECT;
		const byte = this.#peek();
		if (byte === (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
			this.#pos++;
			this.#open.pop();
			return undefined;
		}
		if (byte !== COMMA) return inObject ? '"," or "}"' : '"," or "]"';
		this.#pos++;
		return (inObject ? this.#key() : undefined) ?? this.#value();
	}

	#key(): string | undefined {
		if (this.#peek() !== QUOTE) return "a quoted name";
		const expected = this.#string();
		if (expected !== undefined) return expected;
		if (this.#peek() !== COLON) return '":"';
		this.#pos++;
		return undefined;
	}

	#string(): string | undefined {
		this.#pos++;
		for (;;) {
			const byte = this.#bytes[this.#pos];
			if (byte === undefined || byte < 0x20) return 'a closing "';
			this.#pos++;
			if (byte === QUOTE) return undefined;
			if (byte === BACKSLASH) {
				const expected = this.#escape();
				if (expected !== undefined) return expected;
			}
		}
	}

	#escape(): string | undefined {
		const rest = String.fromCharCode(...this.#bytes.subarray(this.#pos, this.#pos + 5));
		const length = /^["\\/bfnrt]/.test(rest) ? 1 : /^u[0-9a-fA-F]{4}/.test(rest) ? 5 : 0;
		if (length === 0) return "an escape sequence";
		this.#pos += length;
		return undefined;
	}

	#scalar(): string | undefined {
		const window = String.fromCharCode(...this.#bytes.subarray(this.#pos, this.#pos + SCALAR_WINDOW));
		const match = WORD.exec(window) ?? NUMBER.exec(window);
		if (match === null) return "a value";
		this.#pos += match[0].length;
		return undefined;
	}
}

/** The first syntax error of JSON text, or undefined where there is none. Linear, and flat however deep the nesting is. */
export function findJsonError(bytes: Uint8Array): JsonSyntaxError | undefined {
	return new JsonScanner(bytes).scan();
}

/**
 * Parses UTF-8 JSON text.
 *
 * @throws InputError with the byte offset of the first error; text that was cut off is called truncated.
 */
export function parseJsonBytes(bytes: Uint8Array, file?: string): unknown {
	try {
		return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
	} catch (error) {
		const place = file === undefined ? {} : { file };
		const found = findJsonError(bytes);
		if (found === undefined) throw error;
		const { offset, expected } = found;
		const what = offset >= bytes.length ? "the JSON text is truncated" : "this is not JSON";
		throw new InputError(`${what}, expected ${expected}`, { ...place, offset });
	}
}
