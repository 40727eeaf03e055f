/** One frame of a stack trace. */
export interface Frame {
	readonly type: "frame";
	readonly function: string;
	/** Offset into the function and its size in bytes; null where the line has none (inlined functions). */
	readonly offset: number | null;
	readonly size: number | null;
	readonly module: string | null;
	/** False for frames marked `?`: found on the stack, perhaps left over. */
	readonly reliable: boolean;
	/** Place in the source where a symboliser added it. */
	readonly source: string | null;
}

/** `Call Trace:` and its forms on other architectures. */
export interface TraceStart {
	readonly type: "trace-start";
}

/** `<TASK>`, `</IRQ>`, `--- interrupt: c00`, `---[ end trace … ]---`: part of a trace, without a frame. */
export interface TraceMark {
	readonly type: "trace-mark";
	/** The last line of the whole trace. */
	readonly end: boolean;
}

/** Registers by name, in hex as printed. */
export interface RegisterLine {
	readonly type: "registers";
	readonly values: Readonly<Record<string, string>>;
}

export type TraceLine = Frame | TraceStart | TraceMark | RegisterLine;

const START = /^(?:Call Trace|Call trace|Backtrace|Stack trace is|Stack):? ?$/;
const MARK = /^(?:\[<[0-9a-f]*>\] )?(?:<\/?(?:TASK|IRQ|NMI|EOI|SOFTIRQ|EOE|#DF|#DB|ENTRY_TRAMPOLINE)>)|^--- interrupt/;
const END = /^---\[ end (?:trace|Kernel panic)/;
const SYMBOL = String.raw`([A-Za-z_.$][\w.$]*)`;
const OFFSETS = String.raw`\+0x([0-9a-f]+)(?:\/0x([0-9a-f]+))?`;
const MODULE = String.raw`(?: \[(\S+)(?: [0-9a-f]+)?\])?`;
const SOURCE = String.raw`(?: ([\w./~+-]+\.[a-zS]+:\d+(?: \[inline\])?))?`;
/** `[<addr>] ? f+0x1/0x2 [mod]`, `[sp] [addr] f+0x1/0x2 (unreliable)`, `f+0x1/0x2 file.c:3`. */
const FRAME = new RegExp(
	String.raw`^\(?(?:\[<?[0-9a-f]{4,16}>?\]\s+)*(\? )?\(?${SYMBOL}${OFFSETS}\)?${MODULE}${SOURCE}(?: \(unreliable\))?`,
);
/** `alloc_pages include/linux/gfp.h:547 [inline]`. */
const INLINED = new RegExp(String.raw`^(\? )?${SYMBOL} ([\w./~+-]+\.[a-zS]+:\d+ \[inline\])$`);
/** ARM: `[<addr>] (f[+0x1/0x2]) from [<addr>] (caller…)` and, newer, ` f from caller+0x1/0x2`. */
const ARM_FRAME = new RegExp(
	String.raw`^(?:\[<[0-9a-f]+>\] )?\(?${SYMBOL}(?:${OFFSETS})?${MODULE}\)? from (?:\[<[0-9a-f]+>\]|[\w.$]+\+0x|0x0)`,
);
const REGISTER = /\b([A-Z][A-Z0-9_]{1,7}|[a-z]{1,2}\d{0,2}|pc|sp|ra|lr) ?: (?:[0-9a-f]{4}:)?([0-9a-f]{4,16})\b/g;
const REGISTERS_START = /^(?:R[A-D]X|R[SD]I|RBP|RSP|R\d\d|E[A-D]X|ESI|EIP|CR\d|DR\d|FS|x\d|sp|pc) ?:/;

/** A line of a stack trace or register dump; undefined for any other line. */
export function readTraceLine(text: string): TraceLine | undefined {
	if (START.test(text)) return { type: "trace-start" };
	if (text.startsWith("---[ end")) return END.test(text) ? { type: "trace-mark", end: true } : undefined;
	if (MARK.test(text)) return { type: "trace-mark", end: false };
	return readFrame(text) ?? readRegisters(text);
}

function readFrame(text: string): Frame | undefined {
	const arm = ARM_FRAME.exec(text);
	if (arm !== null) return frame(undefined, arm[1], arm[2], arm[3], arm[4], undefined);
	const plain = FRAME.exec(text);
	if (plain !== null) return frame(plain[1], plain[2], plain[3], plain[4], plain[5], plain[6]);
	const inlined = INLINED.exec(text);
	return inlined === null ? undefined : frame(inlined[1], inlined[2], undefined, undefined, undefined, inlined[3]);
}

function frame(
	mark: string | undefined,
	name: string | undefined,
	...[offset, size, module, source]: (string | undefined)[]
): Frame {
	return {
		type: "frame",
		function: name ?? "",
		offset: offset === undefined ? null : Number.parseInt(offset, 16),
		size: size === undefined ? null : Number.parseInt(size, 16),
		module: module ?? null,
		reliable: mark === undefined,
		source: source ?? null,
	};
}

function readRegisters(text: string): RegisterLine | undefined {
	if (!REGISTERS_START.test(text)) return undefined;
	const values: Record<string, string> = {};
	for (const [, name = "", value = ""] of text.matchAll(REGISTER)) values[name] = value;
	return Object.keys(values).length === 0 ? undefined : { type: "registers", values };
}
