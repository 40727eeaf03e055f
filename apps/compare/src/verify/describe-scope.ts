import { gfpHex } from "@pagelab/gfp";
import type { ScopeReplay } from "./replay-scope.ts";
import type { NonSleepers } from "./scope-sleepers.ts";

/** What verifying one recording of scopes showed. */
export interface ScopeVerification {
	/** Undefined where outcomes depend on pressure that the recording does not show. */
	readonly replay: ScopeReplay | undefined;
	readonly name: string;
	readonly nonSleepers: readonly NonSleepers[];
}

/** Share of samples without a switch from which on a class counts as never switched. */
const SELDOM = 0.99;

export const isSwitched = ({ samples, switched }: NonSleepers): boolean => samples - switched < SELDOM * samples;

/** Everything that was compared is as recorded. What was switched though it did not wait is listed, not counted against it. */
export const scopeHolds = ({ replay }: ScopeVerification): boolean =>
	replay === undefined || replay.mismatches.length === 0;

const SHOWN_MISMATCHES = 5;

function replayLines(replay: ScopeReplay, name: string): string[] {
	const { replayed, equal, given, warnings, messages, mismatches, notModelled } = replay;
	const rest = Object.entries(notModelled).map(([op, n]) => `${op} ${n}`);
	return [
		`${name} outcomes ${equal}/${replayed}, warnings ${warnings.equal}/${warnings.recorded}, ` +
			`messages ${messages.equal}/${messages.recorded}`,
		`  in ${given} of them the recording says whether the memory was there`,
		...(rest.length === 0 ? [] : [`  timed under a mutex, and so not compared: ${rest.join(", ")}`]),
		...mismatches
			.slice(0, SHOWN_MISMATCHES)
			.map((m) => `  ${m.label} ${m.sample}: kernel ${m.kernel}, model ${m.model}`),
		...(mismatches.length > SHOWN_MISMATCHES ? [`  and ${mismatches.length - SHOWN_MISMATCHES} more`] : []),
	];
}

const describeSize = ({ op, arg }: NonSleepers): string => (op === "A" ? `order ${arg}` : `${OPERATIONS[op]} ${arg} B`);
const OPERATIONS: Readonly<Record<string, string>> = { K: "kvmalloc", M: "kmalloc", V: "vmalloc" };

/** The result in words, 80 columns. */
export function describeScope({ name, replay, nonSleepers }: ScopeVerification): string[] {
	const switched = nonSleepers.filter(isSwitched);
	const samples = nonSleepers.reduce((n, c) => n + c.samples, 0);
	const calm = nonSleepers.length - switched.length;
	return [
		...(replay === undefined ? [] : replayLines(replay, name)),
		`${name} classes that cannot wait: ${calm} of ${nonSleepers.length} never switched (${samples} samples)`,
		...switched.map(
			(c) =>
				`  ${c.label} ${describeSize(c)}, ${gfpHex(c.gfp)}, flags ${c.taskFlags}: ` +
				`${((100 * c.switched) / c.samples).toFixed(1)} % switched`,
		),
	];
}
