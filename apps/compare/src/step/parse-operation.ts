import { InputError, type KernelId, nearestName } from "@pagelab/base";
import { parseGfp } from "@pagelab/gfp";
import { OPERATION_HELP, OPERATION_NAMES, type SlotRange, type StepOperation } from "./operation.ts";

/** Allocations that one operation may ask for; more than anybody reads, and little enough to be quick. */
const MAX_COUNT = 100_000;
/** Orders above MAX_PAGE_ORDER are requests that the kernel refuses, which is worth seeing. */
const MAX_ORDER = 31;
const MAX_BYTES = 2 ** 32;

/** One operation that is read word by word. */
class OperationWords {
	readonly #words: readonly string[];
	readonly #usage: string;
	#next = 1;

	constructor(words: readonly string[], usage: string) {
		this.#words = words;
		this.#usage = usage;
	}

	get left(): number {
		return this.#words.length - this.#next;
	}

	fail(what: string): never {
		throw new InputError(`${what}, expected ${this.#usage}`);
	}

	word(what: string): string {
		return this.#words[this.#next++] ?? this.fail(`${what} is missing`);
	}

	/** A whole number that is written in digits. */
	integer(what: string, least: number, most: number): number {
		const text = this.word(what);
		const n = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
		return n >= least && n <= most ? n : this.fail(`${what} "${text}" is not a whole number from ${least} to ${most}`);
	}

	choice<T>(what: string, choices: Readonly<Record<string, T>>): T {
		const text = this.word(what);
		return Object.hasOwn(choices, text) ? (choices[text] as T) : this.fail(`${what} "${text}" is unknown`);
	}

	gfp(kernel: KernelId): number {
		return parseGfp(this.word("the gfp mask"), { kernel });
	}

	node(): { node?: number } {
		if (this.left === 0) return {};
		const text = this.word("node");
		const match = /^node=(\d{1,4})$/.exec(text);
		return match === null ? this.fail(`"${text}" is not understood`) : { node: Number(match[1]) };
	}

	slots(): SlotRange {
		const text = this.word("the slot");
		if (text === "all") return "all";
		const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text);
		if (match === null) return this.fail(`"${text}" is no slot`);
		const first = Number(match[1]);
		const last = Number(match[2] ?? match[1]);
		return first <= last ? { first, last } : this.fail(`slots "${text}" run backwards`);
	}
}

type Reader = (words: OperationWords, kernel: KernelId) => StepOperation;

const ON_OFF = { on: true, off: false };

const READERS: Readonly<Record<StepOperation["kind"], Reader>> = {
	alloc: (words, kernel) => {
		const first = words.integer("the order", 0, MAX_COUNT);
		const second = words.word("the gfp mask");
		if (/^\d+$/.test(second) && words.left > 0) {
			const order = Number(second);
			if (first === 0 || order > MAX_ORDER) words.fail(`${first} times order ${second} is not usable`);
			return { kind: "alloc", n: first, order, gfp: words.gfp(kernel), ...words.node() };
		}
		if (first > MAX_ORDER) words.fail(`order ${first} is above ${MAX_ORDER}`);
		return { kind: "alloc", n: 1, order: first, gfp: parseGfp(second, { kernel }), ...words.node() };
	},
	bulk: (words, kernel) => ({
		kind: "bulk",
		n: words.integer("the number of pages", 1, MAX_COUNT),
		gfp: words.gfp(kernel),
		...words.node(),
	}),
	exact: (words, kernel) => ({
		kind: "exact",
		bytes: words.integer("the size in bytes", 1, MAX_BYTES),
		gfp: words.gfp(kernel),
	}),
	free: (words) => ({ kind: "free", slots: words.slots() }),
	release: (words) => ({ kind: "release", slots: words.slots() }),
	drain: (words) => ({ kind: "drain", all: words.left > 0 && words.choice("drain", { all: true }) }),
	memalloc: (words) => ({ kind: "memalloc", on: words.choice("memalloc", ON_OFF) }),
	cpu: (words) => ({ kind: "cpu", cpu: words.integer("the CPU", 0, MAX_COUNT) }),
	decay: () => ({ kind: "decay" }),
	status: () => ({ kind: "status" }),
	slots: () => ({ kind: "slots" }),
	map: () => ({ kind: "map" }),
	help: () => ({ kind: "help" }),
	quit: () => ({ kind: "quit" }),
};

/**
 * Reads one operation, as in `alloc 3 GFP_KERNEL`.
 *
 * @param kernel decides what gfp names mean.
 * @returns undefined for an empty line and for a comment, which begins with #.
 * @throws InputError in one sentence, with the nearest name where one is mistyped.
 */
export function parseOperation(line: string, kernel: KernelId): StepOperation | undefined {
	const words = line
		.replace(/#.*$/, "")
		.split(/\s+/)
		.filter((word) => word !== "");
	const [name] = words;
	if (name === undefined) return undefined;
	if (!Object.hasOwn(READERS, name)) {
		const near = nearestName(name, OPERATION_NAMES);
		const hint = near === undefined ? `expected one of ${OPERATION_NAMES.join(", ")}` : `did you mean ${near}?`;
		throw new InputError(`unknown operation "${name}", ${hint}`);
	}
	const usage = OPERATION_HELP[OPERATION_NAMES.indexOf(name)]?.usage ?? name;
	const reader = new OperationWords(words, usage);
	const operation = READERS[name as StepOperation["kind"]](reader, kernel);
	if (reader.left > 0) reader.fail(`"${reader.word("")}" is too much`);
	return operation;
}
