import { optionalDecimal } from "./decimal.ts";

/** `WARNING: CPU: 1 PID: 2314 at mm/page_alloc.c:4595 f+0x1/0x2`: __warn() of kernel/panic.c, in all its forms. */
export interface WarningHead {
	readonly type: "warning-head";
	/** Path inside the kernel's tree, such as `mm/page_alloc.c`. */
	readonly file: string;
	readonly sourceLine: number;
	/** Function that warned; null where the line was cut before it. */
	readonly function: string | null;
	readonly offset: number | null;
	readonly size: number | null;
	readonly cpu: number | null;
	readonly pid: number | null;
	readonly comm: string | null;
}

/** Files of the allocators. Warnings of other files are other people's reports. */
const FILES = "page_alloc|util|vmalloc|slub|slab_common|slab|mempolicy";
const AT = String.raw`(?:\S*\/)?(mm\/(?:${FILES})\.c):(\d+)`;
/** A symboliser can put inlined functions between place and function. */
const FUNCTION = String.raw`(?: ([\w.$]+)(?:\+0x([0-9a-f]+)\/0x([0-9a-f]+)| \S+:\d+ \[inline\]))?`;
const HEAD = new RegExp(String.raw`^WARNING: (?:CPU: (\d+) PID: (\d+) )?at ${AT}${FUNCTION}`);
/** The order of words since 6.19 or so: place, function, CPU, name and pid. */
const PLACE = String.raw`(?: [\w.\/~-]+:\d+(?: \[inline\])?)?`;
const NEW_HEAD = new RegExp(
	String.raw`^WARNING: ${AT} at ([\w.$]+)(?:\+0x([0-9a-f]+)\/0x([0-9a-f]+))?${PLACE}(?:, CPU#(\d+): (.*)\/(\d+))?`,
);

/** The first line of a warning in an allocator's file; undefined for any other line. */
export function readWarningHead(text: string): WarningHead | undefined {
	if (!text.startsWith("WARNING: ")) return undefined;
	const fresh = NEW_HEAD.exec(text);
	if (fresh !== null) {
		const [, file = "", line, name, offset, size, cpu, comm, pid] = fresh;
		return {
			...place(file, line, name, offset, size),
			cpu: optionalDecimal(cpu),
			pid: optionalDecimal(pid),
			comm: comm ?? null,
		};
	}
	const match = HEAD.exec(text);
	if (match === null) return undefined;
	const [, cpu, pid, file = "", line, name, offset, size] = match;
	return { ...place(file, line, name, offset, size), cpu: optionalDecimal(cpu), pid: optionalDecimal(pid), comm: null };
}

function place(
	file: string,
	...[line, name, offset, size]: (string | undefined)[]
): Pick<WarningHead, "type" | "file" | "sourceLine" | "function" | "offset" | "size"> {
	return {
		type: "warning-head",
		file,
		sourceLine: Number(line),
		function: name ?? null,
		offset: hex(offset),
		size: hex(size),
	};
}

const hex = (digits: string | undefined): number | null => (digits === undefined ? null : Number.parseInt(digits, 16));
