import { grown } from "./byte-interner.ts";
import type { FieldSpec, FieldType, FTRACE_KINDS, FtraceKind, KindSpec } from "./ftrace-kinds.ts";

/** Addresses of 64 bits as two columns: high * 2^32 + low. */
export interface AddressColumn {
	readonly high: Uint32Array;
	readonly low: Uint32Array;
}

type ColumnOf<T extends FieldType> = T extends "skip" | "probe"
	? never
	: T extends "wide" | "ino"
		? Float64Array
		: T extends "address"
			? AddressColumn
			: Int32Array;

/** Fields of a kind that have a column. */
type KeptFields<S extends KindSpec> = {
	[F in keyof S as ColumnOf<S[F][1]> extends never ? never : F]: ColumnOf<S[F][1]>;
};

/**
 * All events of one kind as columns, in file order. Numbers are in the unit of the event; -1 stands where a kernel does not
 * print a field. Text fields hold indexes into the log's `strings`, gfp fields into `gfpTexts`, lists of addresses into
 * `addressLists`.
 */
export type FtraceTable<K extends FtraceKind = FtraceKind> = {
	readonly length: number;
	/** Index of each row's event in the log. */
	readonly event: Uint32Array;
	readonly columns: Readonly<KeptFields<(typeof FTRACE_KINDS)[K]>>;
};

/** A table whose kind is not known to the type checker. */
export interface FinishedTable {
	readonly length: number;
	readonly event: Uint32Array;
	readonly columns: Readonly<Record<string, unknown>>;
}

/** One field of a table that is being filled. */
export class FieldColumn {
	readonly name: string;
	readonly type: FieldType;
	readonly literal: Uint8Array;
	/** An event without this field is malformed. */
	readonly isNeeded: boolean;
	/** Column of `int` fields and of indexes; the low half of addresses. */
	ints: Int32Array = new Int32Array(0);
	/** Column of `wide` and `ino` fields. */
	wides: Float64Array = new Float64Array(0);
	/** High half of addresses. */
	highs: Int32Array = new Int32Array(0);

	constructor(name: string, [literal, type, presence]: FieldSpec) {
		this.name = name;
		this.type = type;
		this.literal = new TextEncoder().encode(literal);
		this.isNeeded = presence !== "optional" && type !== "skip" && type !== "probe";
	}

	grow(capacity: number): void {
		if (this.type === "wide" || this.type === "ino") this.wides = grown(this.wides, capacity);
		else if (this.type !== "skip" && this.type !== "probe") this.ints = grown(this.ints, capacity);
		if (this.type === "address") this.highs = grown(this.highs, capacity);
	}

	/** The finished column, or undefined for fields that are not kept. */
	finish(length: number): Int32Array | Float64Array | AddressColumn | undefined {
		if (this.type === "skip" || this.type === "probe") return undefined;
		if (this.type === "wide" || this.type === "ino") return this.wides.subarray(0, length);
		if (this.type !== "address") return this.ints.subarray(0, length);
		return { high: unsigned(this.highs, length), low: unsigned(this.ints, length) };
	}
}

const unsigned = (column: Int32Array, length: number): Uint32Array =>
	new Uint32Array(column.buffer as ArrayBuffer, 0, length);

const FIRST_CAPACITY = 1024;

/** A table that is being filled: a row is written into every column first, and counts once it is complete. */
export class TableBuilder {
	readonly fields: readonly FieldColumn[];
	length = 0;
	#event: Uint32Array = new Uint32Array(0);

	constructor(spec: KindSpec) {
		this.fields = Object.entries(spec).map(([name, field]) => new FieldColumn(name, field));
	}

	/** Makes room for one more row. */
	reserve(): void {
		if (this.length < this.#event.length) return;
		const capacity = Math.max(FIRST_CAPACITY, 2 * this.#event.length);
		this.#event = grown(this.#event, capacity);
		for (const field of this.fields) field.grow(capacity);
	}

	/** Counts the row at `length`, whose columns have been written. */
	commit(event: number): number {
		this.#event[this.length] = event;
		return this.length++;
	}

	/** The columns are typed by the caller, who knows the kind. */
	finish(): FinishedTable {
		const columns = this.fields.map((field) => [field.name, field.finish(this.length)] as const);
		return {
			length: this.length,
			event: this.#event.subarray(0, this.length),
			columns: Object.fromEntries(columns.filter(([, column]) => column !== undefined)),
		};
	}
}
