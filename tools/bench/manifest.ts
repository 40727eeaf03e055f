/** Unusable manifest or option: one sentence for the person who wrote it. */
export class BenchInputError extends Error {}

export interface AnchorSpec {
	/** Folder in `anchors/` of the shared folder. */
	readonly dir: string;
	readonly source: string;
	readonly args: ReadonlyArray<string>;
	/** Which number of the anchor's JSON line is taken. */
	readonly field: string;
	/** Factor from the anchor's number to the row's. */
	readonly scale: number;
}

interface RowBase {
	readonly package: string;
	readonly name: string;
	readonly unit: string;
	/** Whether gate and goal are about the ratio to the anchor or about the value itself. */
	readonly judge: "ratio" | "value";
	readonly better: "lower" | "higher";
	/** null for a row that is only looked at. */
	readonly gate: number | null;
	readonly goal: number | null;
	/** What a reader of the table must know about the row; null for nothing. */
	readonly note: string | null;
}

export interface MeasuredRow extends RowBase {
	readonly kind: "measured";
	/** File name inside the package's `bench` folder. */
	readonly bench: string;
	readonly args: ReadonlyArray<string>;
	readonly anchor: AnchorSpec | undefined;
}

export interface QuotientRow extends RowBase {
	readonly kind: "quotient";
	readonly dividend: string;
	readonly divisor: string;
}

/** One row of the table; README.md says what each field of a manifest means. */
export type BenchRow = MeasuredRow | QuotientRow;

const NAME_LENGTH_MAX = 28;
const ROW_KEYS = new Set([
	"name",
	"bench",
	"args",
	"unit",
	"anchor",
	"quotient",
	"judge",
	"better",
	"gate",
	"goal",
	"note",
]);
const ANCHOR_KEYS = new Set(["dir", "source", "args", "field", "scale"]);

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
	typeof value === "object" && value !== null && !Array.isArray(value);

const isStrings = (value: unknown): value is ReadonlyArray<string> =>
	Array.isArray(value) && value.every((item) => typeof item === "string");

/** Reads fields of one object of a manifest and refuses those of the wrong type with their place. */
class FieldReader {
	readonly fields: Fields;
	readonly where: string;

	constructor(fields: Fields, where: string, known: ReadonlySet<string>) {
		this.fields = fields;
		this.where = where;
		for (const key of Object.keys(fields)) if (!known.has(key)) throw this.error(`unknown field "${key}"`);
	}

	error(what: string): BenchInputError {
		return new BenchInputError(`${this.where}: ${what}`);
	}

	text(key: string, otherwise?: string): string {
		const value = this.fields[key] ?? otherwise;
		if (typeof value !== "string" || value === "") throw this.error(`"${key}" must be a non-empty string`);
		return value;
	}

	number(key: string, otherwise?: number): number {
		const value = this.fields[key] ?? otherwise;
		if (typeof value !== "number" || !(value > 0)) throw this.error(`"${key}" must be a positive number`);
		return value;
	}

	numberOrNull(key: string): number | null {
		return this.fields[key] === undefined ? null : this.number(key);
	}

	texts(key: string): ReadonlyArray<string> {
		const value = this.fields[key] ?? [];
		if (!isStrings(value)) throw this.error(`"${key}" must be an array of strings`);
		return value;
	}

	choice<T extends string>(key: string, choices: ReadonlyArray<T>, otherwise: T): T {
		const value = this.fields[key] ?? otherwise;
		const found = choices.find((choice) => choice === value);
		if (found === undefined) throw this.error(`"${key}" must be one of ${choices.join(", ")}`);
		return found;
	}
}

function parseAnchor(value: unknown, where: string): AnchorSpec | undefined {
	if (value === undefined) return undefined;
	if (!isFields(value)) throw new BenchInputError(`${where}: "anchor" must be an object`);
	const reader = new FieldReader(value, `${where}: anchor`, ANCHOR_KEYS);
	const dir = reader.text("dir");
	const ownSource = dir === "des" ? "des.cpp" : `${dir}.c`;
	return {
		dir,
		source: reader.text("source", dir === "alloc" ? "bench.c" : ownSource),
		args: reader.texts("args"),
		field: reader.text("field", "ns"),
		scale: reader.number("scale", 1),
	};
}

function parseRow(value: unknown, packageName: string, where: string): BenchRow {
	if (!isFields(value)) throw new BenchInputError(`${where}: a row must be an object`);
	const reader = new FieldReader(value, where, ROW_KEYS);
	const name = reader.text("name");
	if (name.length > NAME_LENGTH_MAX) throw reader.error(`"name" has more than ${NAME_LENGTH_MAX} characters`);
	const anchor = parseAnchor(value["anchor"], where);
	const quotient = reader.texts("quotient");
	const base: RowBase = {
		package: packageName,
		name,
		unit: reader.text("unit", quotient.length > 0 ? "×" : "ns"),
		judge: reader.choice("judge", ["ratio", "value"], anchor === undefined ? "value" : "ratio"),
		better: reader.choice("better", ["lower", "higher"], "lower"),
		gate: reader.numberOrNull("gate"),
		goal: reader.numberOrNull("goal"),
		note: value["note"] === undefined ? null : reader.text("note"),
	};
	if (base.judge === "ratio" && anchor === undefined) throw reader.error(`"judge": "ratio" needs an "anchor"`);
	if (quotient.length === 0) {
		return { ...base, kind: "measured", bench: reader.text("bench"), args: reader.texts("args"), anchor };
	}
	const [dividend, divisor, ...more] = quotient;
	if (dividend === undefined || divisor === undefined || more.length > 0) {
		throw reader.error(`"quotient" must name two rows`);
	}
	if (value["bench"] !== undefined || anchor !== undefined) {
		throw reader.error(`"quotient" excludes "bench" and "anchor"`);
	}
	return { ...base, kind: "quotient", dividend, divisor };
}

/**
 * Rows of one manifest, in its order.
 *
 * @param file name for messages
 * @throws BenchInputError for anything that README.md does not describe
 */
export function parseManifest(text: string, packageName: string, file: string): BenchRow[] {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch (error) {
		throw new BenchInputError(`${file}: not JSON: ${(error as Error).message}`);
	}
	if (!Array.isArray(json)) throw new BenchInputError(`${file}: a manifest is an array of rows`);
	const rows = json.map((value: unknown, index) => parseRow(value, packageName, `${file}: row ${index + 1}`));
	const names = new Set<string>();
	for (const { name } of rows) {
		if (names.has(name)) throw new BenchInputError(`${file}: two rows are named "${name}"`);
		names.add(name);
	}
	const measured = new Set(rows.filter((row) => row.kind === "measured").map((row) => row.name));
	for (const row of rows) {
		if (row.kind !== "quotient") continue;
		for (const name of [row.dividend, row.divisor]) {
			if (!measured.has(name)) throw new BenchInputError(`${file}: "${row.name}": no measured row is named "${name}"`);
		}
	}
	return rows;
}
