import { asTaskFlags, InputError, nearestName, type TaskFlags } from "@pagelab/base";
import { TASK_FLAG_ROWS, type TaskFlagKernel, type TaskFlagRow, taskFlagRowsOf } from "./task-flags.ts";

/**
 * Task flags as kernel names joined by `|`, by ascending bit; bits that the kernel does not name stay one hexadecimal
 * number at the end. No bits: `0`.
 */
export function formatTaskFlags(flags: number, kernel: TaskFlagKernel): string {
	const parts: string[] = [];
	let rest = flags >>> 0;
	for (const { name, value } of taskFlagRowsOf(kernel)) {
		if ((rest & value) === 0) continue;
		parts.push(name);
		rest = (rest & ~value) >>> 0;
	}
	if (rest !== 0) parts.push(`0x${rest.toString(16)}`);
	return parts.length === 0 ? "0" : parts.join("|");
}

/** What {@link parseTaskFlags} accepts. */
export interface ParseTaskFlagsOptions {
	readonly kernel: TaskFlagKernel;
	/** Bits that are accepted although the kernel lacks them, such as `scopeFlags` of the context rule of a design. */
	readonly alsoFlags?: number;
}

/** `PF_MEMALLOC_NOFS`, `MEMALLOC_NOFS` and, as the scopes are called in speech, `NOFS`. */
const spellings = (row: TaskFlagRow): readonly string[] => [
	row.name,
	row.name.slice("PF_".length),
	...(row.name.startsWith("PF_MEMALLOC_") ? [row.name.slice("PF_MEMALLOC_".length)] : []),
];

function parseOne(word: string, options: ParseTaskFlagsOptions): number {
	if (/^0x[0-9a-f]{1,8}$/i.test(word)) return Number.parseInt(word.slice(2), 16);
	const found = TASK_FLAG_ROWS.find((r) => spellings(r).includes(word));
	if (found === undefined) {
		const near = nearestName(word, TASK_FLAG_ROWS.flatMap(spellings));
		const hint = near === undefined ? "expected a name such as PF_MEMALLOC_NOFS or NOFS" : `did you mean ${near}?`;
		throw new InputError(`unknown task flag "${word}": ${hint}`);
	}
	const known = found.kernels.includes(options.kernel) || (found.value & (options.alsoFlags ?? 0)) !== 0;
	if (!known) {
		throw new InputError(`${found.name} does not exist in ${options.kernel}, only in ${found.kernels.join(", ")}`);
	}
	return found.value;
}

/**
 * Reads `PF_MEMALLOC_NOFS|NOIO` or a hexadecimal number, or a mix of both; `0` and the empty string are no flags.
 *
 * Name trap: `NORECLAIM` is the dropped flag PF_MEMALLOC_NORECLAIM (no reclaim, no reserves). What memalloc_noreclaim_save()
 * sets is spelled `MEMALLOC` (no reclaim, all reserves).
 *
 * @throws InputError for a name that no kernel has (with the nearest one), or that `kernel` lacks.
 */
export function parseTaskFlags(text: string, options: ParseTaskFlagsOptions): TaskFlags {
	const words = text.split("|").map((word) => word.trim());
	if (words.length === 1 && (words[0] === "" || words[0] === "0")) return asTaskFlags(0);
	return asTaskFlags(words.reduce((flags, word) => flags | parseOne(word, options), 0));
}
