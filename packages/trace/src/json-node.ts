import { InputError, type InputPosition } from "@pagelab/base";

const nameOf = (value: unknown): string =>
	value === null ? "null" : Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : typeof value;

/** A step of a path: an element number in brackets, a name after a dot. */
const step = (key: string | number): string => (typeof key === "number" ? `[${key}]` : `.${key}`);

/**
 * A value inside parsed JSON that knows where it stands, so that every error names its path. Paths are put together
 * only when an error needs one.
 */
export class JsonNode {
	readonly value: unknown;
	readonly #parent: JsonNode | undefined;
	readonly #key: string | number;
	readonly #at: InputPosition;

	/** A root; `at.path` is put in front of every path below it. */
	constructor(value: unknown, at: InputPosition = {}, parent?: JsonNode, key: string | number = "") {
		this.value = value;
		this.#at = at;
		this.#parent = parent;
		this.#key = key;
	}

	/** For example `initial.nodes[0].zones[1].free[3]`; empty for a root without a path of its own. */
	get path(): string {
		const root = this.#parent === undefined ? (this.#at.path ?? "") : this.#parent.path + step(this.#key);
		return root.startsWith(".") ? root.slice(1) : root;
	}

	/** @throws InputError always, at this value's path. */
	fail(message: string): never {
		const { path } = this;
		throw new InputError(message, path === "" ? this.#at : { ...this.#at, path });
	}

	#child(value: unknown, key: string | number): JsonNode {
		return new JsonNode(value, this.#at, this, key);
	}

	#record(): Readonly<Record<string, unknown>> {
		const { value } = this;
		if (typeof value !== "object" || value === null || Array.isArray(value)) {
			this.fail(`expected an object, found ${nameOf(value)}`);
		}
		return value as Readonly<Record<string, unknown>>;
	}

	/** A field that must be there. */
	get(key: string): JsonNode {
		const record = this.#record();
		if (!Object.hasOwn(record, key)) this.fail(`the field "${key}" is missing`);
		return this.#child(record[key], key);
	}

	/** A field that may be absent; null is a value, not an absence. */
	optional(key: string): JsonNode | undefined {
		const record = this.#record();
		return Object.hasOwn(record, key) ? this.#child(record[key], key) : undefined;
	}

	/** All fields in the order of the text. */
	entries(): [string, JsonNode][] {
		return Object.entries(this.#record()).map(([key, value]) => [key, this.#child(value, key)]);
	}

	items(): JsonNode[] {
		return this.#list().map((value, i) => this.#child(value, i));
	}

	/** Elements of a list that must have exactly `length` of them. */
	itemsOf(length: number): JsonNode[] {
		const list = this.#list();
		if (list.length !== length) this.fail(`expected a list of ${length}, found ${list.length}`);
		return this.items();
	}

	#list(): readonly unknown[] {
		const { value } = this;
		if (!Array.isArray(value)) this.fail(`expected a list, found ${nameOf(value)}`);
		return value as readonly unknown[];
	}

	text(): string {
		const { value } = this;
		if (typeof value !== "string") this.fail(`expected text, found ${nameOf(value)}`);
		return value;
	}

	/** A whole number from `min` (0 unless given) to `max`. */
	integer(min = 0, max: number = Number.MAX_SAFE_INTEGER): number {
		const { value } = this;
		if (!Number.isSafeInteger(value)) {
			this.fail(`expected a whole number, found ${typeof value === "number" ? value : nameOf(value)}`);
		}
		const n = value as number;
		if (n < min || n > max) {
			this.fail(
				max === Number.MAX_SAFE_INTEGER
					? `expected a number from ${min} up, found ${n}`
					: `expected a number from ${min} to ${max}, found ${n}`,
			);
		}
		return n;
	}

	/** 0 or 1 as a truth value. */
	flag(): boolean {
		return this.integer(0, 1) === 1;
	}

	/** A list of whole numbers from `min` up. Long lists are common, so no node is made for an element that is right. */
	integers(min = 0, max: number = Number.MAX_SAFE_INTEGER): readonly number[] {
		const list = this.#list();
		for (let i = 0; i < list.length; i++) {
			const n = list[i];
			if (!Number.isSafeInteger(n) || (n as number) < min || (n as number) > max) this.#child(n, i).integer(min, max);
		}
		return list as readonly number[];
	}

	/** {@link integers} of a list with at least `length` elements. */
	integersFrom(length: number, min = 0): readonly number[] {
		const list = this.integers(min);
		if (list.length < length) this.fail(`expected at least ${length} numbers, found ${list.length}`);
		return list;
	}
}
