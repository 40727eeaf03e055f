import { DISAGREEMENTS, type KindAgreement, type LadderAgreement } from "./ladder/ladder-agreement.ts";
import { QUESTION_KINDS } from "./ladder/ladder-questions.ts";

/** Width of the longest kind of event and a space. */
const NAME_WIDTH = Math.max(...QUESTION_KINDS.map((kind) => kind.length)) + 1;

/** The lists can be followed without a contradiction, and wherever the model does otherwise there is a reason. */
export const isExplained = ({ kinds, contradictions, retryNumbers }: LadderAgreement): boolean =>
	contradictions === 0 &&
	retryNumbers.available === retryNumbers.events &&
	QUESTION_KINDS.every((kind) => (kinds[kind].disagreements["not explained"] ?? 0) === 0);

function kindLines(name: string, { events, same, disagreements }: KindAgreement): string[] {
	if (events === 0) return [];
	const share = ((100 * same) / events).toFixed(1);
	return [
		`  ${name.padEnd(NAME_WIDTH)}${`${same}/${events}`.padStart(9)}  ${share.padStart(5)} %`,
		...DISAGREEMENTS.flatMap((why) => {
			const n = disagreements[why];
			return n === undefined ? [] : [`    ${n} ${why}`];
		}),
	];
}

/** The result in words, 80 columns. */
export function describeLadder({ name, kinds, retryNumbers, contradictions, boostWakes }: LadderAgreement): string[] {
	const { events, available, minWmark } = retryNumbers;
	return [
		`${name.replace(/^dev-/, "")} requests whose rungs are the recorded ones`,
		...QUESTION_KINDS.flatMap((kind) => kindLines(kind, kinds[kind])),
		...(events === 0
			? []
			: [`  counted by reclaim_retry_zone: available ${available}/${events}, min ${minWmark}/${events}`]),
		`  ${boostWakes} wakes for boosts, which do not say for which request`,
		...(contradictions === 0 ? [] : [`  the trace contradicts the lists at ${contradictions} events`]),
	];
}
