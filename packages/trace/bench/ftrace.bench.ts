/**
 * Reading ftrace text from a file. Arguments: `columns` (this package) or `readline` (node:readline and one regular
 * expression a line, the obvious way), then the file. Prints one JSON line with MB of text per second of CPU time.
 */
import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { FtraceParser } from "@pagelab/trace";

const CHUNK = 1 << 22;
const EVENT =
	/^\s*(.*?)-(\d+)\s+\[(\d+)\] \S+\s+(\d+)\.(\d+): (\w+): (?:.*?pfn=0x([0-9a-f]+))?(?:.*?order=(\d+))?(?:.*?migratetype=(\d+))?(?:.*?gfp_flags=(\S+))?/;

function parseColumns(file: string, bytes: number): number {
	const parser = new FtraceParser();
	const chunk = new Uint8Array(CHUNK);
	const fd = openSync(file, "r");
	let left = bytes;
	for (let n = readSync(fd, chunk); n > 0 && left > 0; n = readSync(fd, chunk)) {
		parser.push(chunk.subarray(0, Math.min(n, left)));
		left -= n;
	}
	closeSync(fd);
	return parser.finish().length;
}

async function parseLines(file: string, bytes: number): Promise<number> {
	const columns: (number | string)[][] = [[], [], [], [], [], [], [], [], []];
	const lines = createInterface({ input: createReadStream(file, { end: bytes - 1, highWaterMark: CHUNK }) });
	for await (const line of lines) {
		const match = EVENT.exec(line);
		if (match === null) continue;
		const [, comm = "", pid, cpu, seconds, micros, kind = "", pfn = "", order, migratetype, gfp = ""] = match;
		const time = Number(seconds) * 1e6 + Number(micros);
		const values = [comm, Number(pid), Number(cpu), time, kind, Number.parseInt(pfn, 16)];
		[...values, Number(order), Number(migratetype), gfp].forEach((value, i) => columns[i]?.push(value));
	}
	return columns[0]?.length ?? 0;
}

const NAMES: Readonly<Record<string, string>> = { columns: "ftrace text", readline: "ftrace by readline" };
/** The slow way is measured on a part of the text. */
const READLINE_BYTES = 64 << 20;

const WARM_UP_BYTES = 32 << 20;

const [way = "columns", file = ""] = process.argv.slice(2);
const size = statSync(file).size;
const bytes = way === "columns" ? size : Math.min(size, READLINE_BYTES);
const parse = way === "columns" ? parseColumns : parseLines;

await parse(file, Math.min(size, WARM_UP_BYTES));
const before = process.cpuUsage();
const events = await parse(file, bytes);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ name: NAMES[way], value: bytes / (user + system), events }));
