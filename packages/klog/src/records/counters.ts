/**
 * Values of one line by the name that the kernel prints, such as `active_anon`, `isolated(anon)` or `free_pcp`. Which
 * names occur depends on the kernel's version; the type that extends this one names the known ones.
 */
export type Counters<Known extends string = never> = Readonly<Partial<Record<Known, number>>> &
	Readonly<Record<string, number | undefined>>;

/** What one line of `name:value` pairs says. */
export interface CounterScan {
	readonly counters: Record<string, number>;
	/** `all_unreclaimable? yes`: answers by the question's name. */
	readonly answers: Readonly<Record<string, boolean>>;
	/** Most values carry kB (or KB). */
	readonly kilobytes: boolean;
	/** Pieces that are no pair, or whose value was cut or overwritten; their numbers are not in `counters`. */
	readonly damaged: readonly string[];
}

/** Blanks, and the line ends inside one record as rsyslog (`#012`) and journald (`\x0a`) write them. */
const GAP = /(?:\s|#012|\\x0a|\\n|\+(?=[a-z]))*/y;
const PAIR = /([A-Za-z_][\w()+./-]*) ?: ?(\d+)( ?[kK] ?B)?(?=$|\s|#012|\\x0a|\\n|,)/y;
const QUESTION = /([a-z_]+)\? (yes|no)\b/y;
const WORD = /[^\s#\\]+|[#\\]/y;
/** Pairs of a kB line that have no unit. */
const UNITLESS: ReadonlySet<string> = new Set(["pages_scanned"]);

/** Reads `name:123kB name: 0 question? no …` up to the end of the text. Linear in its length. */
export function scanCounters(text: string, from = 0): CounterScan {
	const scan = new Scan();
	let at = skip(GAP, text, from);
	while (at < text.length) {
		const next = scan.take(text, at);
		at = skip(GAP, text, Math.max(next, at + 1));
	}
	return scan.result();
}

class Scan {
	readonly #values: { name: string; value: number; unit: boolean; text: string }[] = [];
	readonly #answers: Record<string, boolean> = {};
	readonly #damaged: string[] = [];

	/** Takes one piece and returns where it ends. */
	take(text: string, at: number): number {
		const pair = match(PAIR, text, at);
		if (pair !== null) {
			const [whole, name = "", digits = "", unit] = pair;
			this.#values.push({ name, value: Number(digits), unit: unit !== undefined, text: whole });
			return at + whole.length;
		}
		const question = match(QUESTION, text, at);
		if (question !== null) {
			this.#answers[question[1] ?? ""] = question[2] === "yes";
			return at + question[0].length;
		}
		const word = match(WORD, text, at)?.[0] ?? "";
		this.#damaged.push(word);
		return at + word.length;
	}

	result(): CounterScan {
		const withUnit = this.#values.filter((value) => value.unit).length;
		const kilobytes = withUnit * 2 > this.#values.length;
		const counters: Record<string, number> = {};
		const damaged = [...this.#damaged];
		for (const { name, value, unit, text } of this.#values) {
			// A value without its unit in a line of kB values lost its end, and so maybe digits.
			if (kilobytes && !unit && !UNITLESS.has(name)) damaged.push(text);
			else counters[name] = value;
		}
		return { counters, answers: this.#answers, kilobytes, damaged };
	}
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
	pattern.lastIndex = at;
	return pattern.exec(text);
}

/** End of a match that may be empty. */
function skip(pattern: RegExp, text: string, at: number): number {
	return at + (match(pattern, text, at)?.[0].length ?? 0);
}
