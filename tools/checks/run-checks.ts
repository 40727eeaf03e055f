import type { Check } from "./check-result.ts";

export interface CheckOutcome {
	readonly name: string;
	readonly state: "passed" | "failed" | "skipped";
	readonly seconds: number;
	/** What is wrong, or why the check was skipped. */
	readonly details: ReadonlyArray<string>;
}

async function runCheck(check: Check, root: string): Promise<CheckOutcome> {
	const start = performance.now();
	const finish = (state: CheckOutcome["state"], details: ReadonlyArray<string>): CheckOutcome => ({
		name: check.name,
		state,
		seconds: (performance.now() - start) / 1000,
		details,
	});
	try {
		const reason = await check.skip?.(root);
		if (reason !== undefined) return finish("skipped", [reason]);
		const problems = await check.run(root);
		return finish(problems.length === 0 ? "passed" : "failed", problems);
	} catch (error) {
		return finish("failed", [`the check itself failed: ${(error as Error).message}`]);
	}
}

/** Runs checks, `width` at a time, and reports each as it ends; the result is in the order given. */
export async function runChecks(
	checks: ReadonlyArray<Check>,
	root: string,
	width: number,
	onOutcome: (outcome: CheckOutcome) => void,
): Promise<CheckOutcome[]> {
	const outcomes = new Map<Check, CheckOutcome>();
	const queue = [...checks];
	const worker = async (): Promise<void> => {
		for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
			const outcome = await runCheck(check, root);
			outcomes.set(check, outcome);
			onOutcome(outcome);
		}
	};
	await Promise.all(Array.from({ length: width }, worker));
	return checks.flatMap((check) => outcomes.get(check) ?? []);
}

const DETAILS_MAX = 40;

/** One line for the check, and below it what is wrong. */
export function formatOutcome({ name, state, seconds, details }: CheckOutcome): string {
	const word = state === "passed" ? "ok" : state;
	const shown = details.slice(0, DETAILS_MAX).flatMap((detail) => detail.split("\n"));
	const more = details.length > DETAILS_MAX ? [`and ${details.length - DETAILS_MAX} more`] : [];
	const head = `${word.padEnd(8)}${name.padEnd(26)}${seconds.toFixed(1).padStart(6)} s`;
	return [head, ...[...shown, ...more].map((line) => `        ${line}`)].join("\n");
}

/** The closing line, as test runners print it. */
export function formatCounts(outcomes: ReadonlyArray<CheckOutcome>): string {
	const count = (state: CheckOutcome["state"]): number => outcomes.filter((outcome) => outcome.state === state).length;
	const skipped = count("skipped");
	return `${count("passed")} passed, ${count("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
