/** Since when a condition holds without a break: the new start, or undefined while it does not hold. */
export const holdsSince = (holds: boolean, since: number | undefined, nowMs: number): number | undefined =>
	holds ? (since ?? nowMs) : undefined;

/** Whether a condition that began at `since` has held for `durationMs`. */
export const hasHeld = (since: number | undefined, nowMs: number, durationMs: number): boolean =>
	since !== undefined && nowMs - since >= durationMs;

/** Numbers to remember: those that are known. */
export function remember(numbers: Readonly<Record<string, number | undefined>>): Record<string, number> {
	const memory: Record<string, number> = {};
	for (const [name, value] of Object.entries(numbers)) if (value !== undefined) memory[name] = value;
	return memory;
}
