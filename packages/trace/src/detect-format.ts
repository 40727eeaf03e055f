/** Kinds of files that this package tells apart. */
export type RecordingFormat = "mmprobe" | "zoneinfo" | "buddyinfo" | "pagetypeinfo" | "ftrace" | "trace-cmd";

/** The part of a file that {@link detectFormat} looks at, in bytes. */
export const DETECT_BYTES = 8192;

const TRACE_CMD_MAGIC = "\u0017\bDtracing";

/** The first test that holds says what it is; /proc/zoneinfo and /proc/buddyinfo begin alike. */
const TESTS: readonly (readonly [RecordingFormat, RegExp])[] = [
	["trace-cmd", new RegExp(`^${TRACE_CMD_MAGIC}`)],
	["mmprobe", /^\s*\{[^]*?"(?:format|t|globals)"\s*:/],
	["pagetypeinfo", /^(?:Page block order:|Free pages count per migrate type)/m],
	["ftrace", /^# tracer:|^\s*\S.*-\d+\s+(?:\(\s*[-\d]+\)\s+)?\[\d+\].*?\s\d+\.\d+: \w+:/m],
	["zoneinfo", /^Node\s+\d+,\s+zone\s+\S+\s*$/m],
	["buddyinfo", /^Node\s+\d+,\s+zone\s+\S+(?:\s+\d+){2,}\s*$/m],
];

/**
 * Tells what a file is from its first bytes (gunzipped; {@link DETECT_BYTES} are enough), or undefined. Never parses the
 * whole file, so a reader may still refuse it.
 */
export function detectFormat(head: Uint8Array): RecordingFormat | undefined {
	// Latin-1 keeps one character per byte, whatever the bytes are.
	const text = new TextDecoder("latin1").decode(head.subarray(0, DETECT_BYTES));
	return TESTS.find(([, pattern]) => pattern.test(text))?.[0];
}
