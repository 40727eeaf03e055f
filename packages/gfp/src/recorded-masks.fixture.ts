/**
 * What kernels printed about masks, in the recordings and the wild logs, for recorded-masks.fixture.tsv. The reading is
 * by patterns of its own, so that it does not share the mistakes of decodeGfp.
 */
export interface RecordedMask {
	/** Release in the log, such as `6.12.117`; null where none is known. */
	readonly kernel: string | null;
	/** Where the text was printed: by printk, in a trace event, or as a bare number in a file of the probe. */
	readonly style: "printk" | "trace" | "number";
	readonly mask: number | null;
	readonly names: string | null;
	/** Migratetype that the same trace event has. */
	readonly migratetype: number | null;
	/** File, without the recordings' folder. */
	readonly file: string;
}

/** Tabs and nothing that needs quoting. */
const COLUMNS = ["kernel", "style", "mask", "names", "migratetype", "file"] as const;
const ABSENT = "-";

/** One line each, the distinct ones, sorted; the first file that has it. */
export function toTsv(masks: readonly RecordedMask[]): string {
	const fileByKey = new Map<string, string>();
	for (const { kernel, style, mask, names, migratetype, file } of masks) {
		const hex = mask === null ? null : `0x${mask.toString(16)}`;
		const key = [kernel, style, hex, names, migratetype].map((cell) => cell ?? ABSENT).join("\t");
		if (!fileByKey.has(key)) fileByKey.set(key, file);
	}
	const lines = [...fileByKey].map(([key, file]) => `${key}\t${file}`).toSorted();
	return `${[COLUMNS.join("\t"), ...lines].join("\n")}\n`;
}

export function fromTsv(text: string): RecordedMask[] {
	const cellOf = (cell: string | undefined): string | null => (cell === undefined || cell === ABSENT ? null : cell);
	return text
		.trimEnd()
		.split("\n")
		.slice(1)
		.map((line) => {
			const [kernel, style, mask, names, migratetype, file = ""] = line.split("\t");
			return {
				kernel: cellOf(kernel),
				style: style as RecordedMask["style"],
				mask: cellOf(mask) === null ? null : Number(mask),
				names: cellOf(names),
				migratetype: cellOf(migratetype) === null ? null : Number(migratetype),
				file,
			};
		});
}

export interface LogSource {
	readonly kernel: string | null;
	readonly file: string;
}

/** `0x…(NAMES)`, with names that a mail program may have wrapped, and `0x…()` for 0. */
const BOTH = /0x([0-9a-f]+)\(([A-Z0-9_x|\s]*)\)/gi;
/** The field's name tells that a number is a mask. */
const NUMBER = /\b(?:gfp_mask|gfp_flags|mode|gfp)[=:] ?0x([0-9a-f]+)(?![0-9a-f(])/gi;
const NAMES = /\b(?:gfp_mask|gfp_flags)[= ]((?:__)?GFP_[A-Z0-9_|x]*|none)/g;
/** kernel/dma/pool.c. */
const POOL = /preallocated \d+ KiB ([A-Z0-9_|]+) pool for atomic/g;
const IS_GFP_NAMES = /^(?:(?:__)?GFP_|0x|$)/;

/** Masks of a kernel log, or of trace events inside of one. */
export function masksOfLog(text: string, source: LogSource): RecordedMask[] {
	const found: RecordedMask[] = [];
	const add = (style: RecordedMask["style"], hex: string | undefined, names: string | undefined): void => {
		const mask = hex === undefined ? null : Number.parseInt(hex, 16);
		found.push({ ...source, style, mask, names: names ?? null, migratetype: null });
	};
	for (const [, hex, wrapped = ""] of text.matchAll(BOTH)) {
		const names = wrapped.replace(/\s+/g, "");
		// Only a mask of 0 has nothing in the parentheses; other numbers with parentheses are addresses and page flags.
		if (IS_GFP_NAMES.test(names) && (names !== "" || hex === "0")) add("printk", hex, names);
	}
	for (const [, hex] of text.matchAll(NUMBER)) add("number", hex, undefined);
	for (const [, names] of text.matchAll(NAMES)) add("trace", undefined, names);
	for (const [, names] of text.matchAll(POOL)) add("printk", undefined, names);
	return found;
}

/** One event of page allocation has the migratetype that the kernel made of the mask; others have only the mask. */
const EVENT = /(?:migratetype=(\d+) )?gfp_(?:flags|mask)=(\S+)|[^_a-z]gfp=0x([0-9a-f]+)/g;

/** Distinct masks of a whole-system trace; hundreds of megabytes are no problem. */
export function masksOfTrace(text: string, source: LogSource): RecordedMask[] {
	const seen = new Map<string, RecordedMask>();
	for (const match of text.matchAll(EVENT)) {
		const [, migratetype, names, hex] = match;
		const key = `${migratetype} ${names} ${hex}`;
		if (seen.has(key)) continue;
		seen.set(key, {
			...source,
			style: names === undefined ? "number" : "trace",
			mask: hex === undefined ? null : Number.parseInt(hex, 16),
			names: names ?? null,
			migratetype: migratetype === undefined ? null : Number(migratetype),
		});
	}
	return [...seen.values()];
}
