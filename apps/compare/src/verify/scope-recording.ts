import { InputError } from "@pagelab/base";
import { parseJsonBytes } from "@pagelab/trace";
import { z } from "zod";

/** Samples of one class of request, in the order in which they were made. */
export interface ScopeSamples {
	/** Class of request. */
	readonly label: string;
	/** A = alloc_pages, K = kvmalloc, V = __vmalloc, M = kmalloc, H and h = under and outside of a mutex. */
	readonly op: string;
	/** Order, or bytes. */
	readonly arg: number;
	readonly gfp: number;
	/** current->flags, as `0x400800`. */
	readonly taskFlags: string;
	readonly ok: readonly (0 | 1)[];
	/** Elapsed time of each in ns. */
	readonly ns: readonly number[];
	/** Context switches of the task in each. */
	readonly sw: readonly number[];
}

/** A recording of the probe module's process-context operations (mmprobe-scope-1). */
export interface ScopeRecording {
	readonly format: "mmprobe-scope-1";
	readonly name: string;
	readonly machine: { readonly version: string };
	/** Counters before each script, in order; a script has one label or more. */
	readonly vmstatBetween: readonly { readonly script: string; readonly nr_free_pages: number }[];
	readonly files: { readonly zoneinfoBefore: string; readonly dmesg: string };
	readonly samples: readonly ScopeSamples[];
}

const SAMPLE: z.ZodType<ScopeSamples> = z.object({
	label: z.string(),
	op: z.string().length(1),
	arg: z.number().min(0),
	gfp: z.number().int().min(0).max(0xffff_ffff),
	taskFlags: z.string().regex(/^0x[0-9a-f]{1,8}$/),
	ok: z.array(z.union([z.literal(0), z.literal(1)])),
	ns: z.array(z.number()),
	sw: z.array(z.number().int()),
});

const RECORDING: z.ZodType<ScopeRecording> = z.object({
	format: z.literal("mmprobe-scope-1"),
	name: z.string(),
	machine: z.object({ version: z.string() }),
	vmstatBetween: z.array(z.object({ script: z.string(), nr_free_pages: z.number().int() })),
	files: z.object({ zoneinfoBefore: z.string(), dmesg: z.string() }),
	samples: z.array(SAMPLE),
});

/** @throws InputError with the place of the first field that is not as the format says. */
export function readScopeRecording(bytes: Uint8Array, file: string): ScopeRecording {
	const parsed = RECORDING.safeParse(parseJsonBytes(bytes, file));
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	throw new InputError(issue?.message ?? "this is no recording of scopes", { file, path: issue?.path.join(".") ?? "" });
}

/** A warning in a kernel log: its place, or its head line for a message of warn_alloc(). */
export interface LoggedWarning {
	/** Function that warned; undefined for a message of warn_alloc(). */
	readonly where: string | undefined;
	/** The head line of a message of warn_alloc(). */
	readonly head: string | undefined;
	/** Pid of the task, for WARN lines. */
	readonly pid: number | undefined;
}

const WARN_LINE = /WARNING: CPU: \d+ PID: (\d+) at \S+:\d+ (\w+?)(?:_noprof)?(?:\.constprop\.\d+)?\+0x/;
const STAMP = /^\[ *\d+\.\d+\] /;

/** All warnings of a log in order. */
export function loggedWarnings(dmesg: string): LoggedWarning[] {
	const warnings: LoggedWarning[] = [];
	for (const line of dmesg.split("\n")) {
		const warn = WARN_LINE.exec(line);
		if (warn !== null) warnings.push({ where: warn[2], head: undefined, pid: Number(warn[1]) });
		else if (/, mode:0x[0-9a-f]+\(.*\), nodemask=/.test(line)) {
			warnings.push({ where: undefined, head: line.replace(STAMP, ""), pid: undefined });
		}
	}
	return warnings;
}
