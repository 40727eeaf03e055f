import { FTRACE_KINDS, type FtraceKind, type KindSpec } from "./ftrace-kinds.ts";
import type { FtraceLog } from "./ftrace-log.ts";
import type { AddressColumn } from "./ftrace-table.ts";

/** An event as the slow twin sees it: everything is text. */
interface SlowEvent {
	readonly comm: string;
	readonly pid: number;
	readonly cpu: number;
	readonly time: string;
	readonly kind: string;
	readonly fields: string;
}

const EVENT = /^\s*(.*?)-(\d+)\s+\[(\d+)\] (?:\S+)\s+(\d+\.\d+): (\w+): (.*)$/;

/** The obvious way: split into lines, one regular expression for each. */
const slowEvents = (text: string): SlowEvent[] =>
	text
		.split("\n")
		.map((line) => EVENT.exec(line))
		.filter((match) => match !== null)
		.map(([, comm = "", pid, cpu, time = "", kind = "", fields = ""]) => ({
			comm,
			pid: Number(pid),
			cpu: Number(cpu),
			time,
			kind,
			fields,
		}));

const nsOf = (time: string): number => Number(BigInt(time.replace(".", "")) * 1000n);

/** The printed value of a field, found by its literal text; independent of how the parser walks the line. */
function slowField(fields: string, literal: string): string | undefined {
	const at = fields.search(new RegExp(`(?<![a-z_])${literal.replaceAll(/[(]/g, "\\(")}`));
	return at < 0 ? undefined : fields.slice(at + literal.length);
}

const wordOf = (text: string): string => /^[^\s,)]*/.exec(text)?.[0] ?? "";

const addressesOf = (column: AddressColumn): string[] =>
	Array.from(column.high, (high, i) => `0x${((BigInt(high) << 32n) | BigInt(column.low[i] ?? 0)).toString(16)}`);

/** The value of one field of one event, as text that is comparable with {@link fastField}. */
function slowValue(fields: string, name: string, [literal, type]: KindSpec[string]): string {
	if (name === "shrinker") return wordOf(fields);
	const text = slowField(fields, literal);
	if (text === undefined) return "absent";
	if (type === "rest") return text.trimEnd();
	if (type === "addresses") return text.slice(1, text.indexOf("}"));
	if (type === "ino") return String(Number.parseInt(text, 16));
	const word = wordOf(text);
	if (type === "int" || type === "wide") return String(Number(word));
	return word;
}

function fastField(log: FtraceLog, kind: FtraceKind, name: string, row: number): string {
	const type = (FTRACE_KINDS[kind] as KindSpec)[name]?.[1];
	const column = (log.table(kind).columns as Record<string, unknown>)[name];
	if (type === "address") return addressesOf(column as AddressColumn)[row] ?? "";
	const value = (column as Int32Array | Float64Array)[row] as number;
	if (type === "addresses") return value < 0 ? "absent" : addressesOf(log.addressLists[value] as AddressColumn).join();
	if (type === "gfp") return log.gfpTexts[value] ?? "";
	if (type === "word" || type === "rest") return log.strings[value] ?? "";
	return String(value);
}

/** Events whose time, task, CPU, kind or row are not what the twin finds, and counts that differ. */
export function eventDifferences(text: string, log: FtraceLog): string[] {
	const slow = slowEvents(text);
	const rows = new Map<string, number>();
	const differences = log.length === slow.length ? [] : [`${log.length} events instead of ${slow.length}`];
	slow.forEach((event, i) => {
		const kind = log.kinds[log.kind[i] as number] ?? "";
		const row = rows.get(event.kind) ?? 0;
		rows.set(event.kind, row + 1);
		const fast = [log.comms[log.comm[i] as number], log.pid[i], log.cpu[i], log.time[i], kind, log.row[i]];
		const want = [event.comm, event.pid, event.cpu, nsOf(event.time), event.kind, row];
		if (fast.join() !== want.join()) differences.push(`event ${i}: ${fast.join()} instead of ${want.join()}`);
	});
	const counts = (map: ReadonlyMap<string, number>): string => [...map].map(([kind, n]) => `${kind} ${n}`).join();
	if (counts(log.counts) !== counts(rows)) differences.push(`${counts(log.counts)} instead of ${counts(rows)}`);
	return differences;
}

/** Fields of known kinds that do not have the value that the twin finds. */
export function fieldDifferences(text: string, log: FtraceLog): string[] {
	const rows = new Map<string, number>();
	const differences: string[] = [];
	for (const { kind, fields } of slowEvents(text)) {
		const row = rows.get(kind) ?? 0;
		rows.set(kind, row + 1);
		if (!Object.hasOwn(FTRACE_KINDS, kind)) continue;
		const spec: KindSpec = FTRACE_KINDS[kind as FtraceKind];
		for (const [name, field] of Object.entries(spec)) {
			if (field[1] === "skip" || field[1] === "probe") continue;
			const fast = fastField(log, kind as FtraceKind, name, row);
			const want = slowValue(fields, name, field);
			if (fast !== want) differences.push(`${kind} ${row} ${name}: ${fast} instead of ${want}`);
		}
	}
	return differences;
}
