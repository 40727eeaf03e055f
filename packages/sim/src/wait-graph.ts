import type { AcquirableLock, Process } from "./process.ts";

/** One process that waits, for what, and who has it. */
export interface WaitEdge {
	readonly process: Process;
	readonly kind: "lock" | "queue";
	/** Class of the lock or name of the queue. */
	readonly className: string;
	/** The holder of the lock; a queue has none. */
	readonly holder: Process | undefined;
	readonly sinceTicks: number;
}

/** The edge of a process, undefined if it waits for no lock and no queue. */
export function waitEdge(process: Process): WaitEdge | undefined {
	const target = process.waitingFor;
	if (target === undefined) return undefined;
	const holder = target.kind === "lock" ? target.holder : undefined;
	const { kind, className } = target;
	return { process, kind, className, holder, sinceTicks: process.waitingSinceTicks };
}

const lockOf = (process: Process): AcquirableLock | undefined =>
	process.waitingFor?.kind === "lock" ? process.waitingFor : undefined;

/**
 * The circle of processes that wait for each other's locks and of which this one is part, beginning with it; empty if there
 * is none. To be asked when a process begins to wait: only then can a circle come into being.
 */
export function deadlockOf(process: Process): readonly WaitEdge[] {
	const circle: WaitEdge[] = [];
	let p: Process | undefined = process;
	// A chain of holders that does not come back to its start ends, or enters a circle that was reported before.
	const seen = new Set<Process>();
	while (p !== undefined && !seen.has(p)) {
		seen.add(p);
		const edge = waitEdge(p);
		const lock = lockOf(p);
		if (edge === undefined || lock === undefined) return [];
		circle.push(edge);
		p = lock.holder;
	}
	return p === process ? circle : [];
}

/** One line per wait, such as `kswapd0 waits for lock btree held by sh since tick 120`. */
export const describeWaits = (edges: readonly WaitEdge[]): string =>
	edges
		.map(({ process, kind, className, holder, sinceTicks }) => {
			const held = holder === undefined ? "" : ` held by ${holder.name}`;
			return `${process.name} waits for ${kind} ${className}${held} since tick ${sinceTicks}`;
		})
		.join("\n");
