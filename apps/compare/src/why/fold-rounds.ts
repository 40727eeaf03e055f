import type { AttemptEntry } from "@pagelab/slow-path";

/** Entries of one round, and how many rounds after it went the same way. */
export interface FoldedRound {
	readonly round: number;
	readonly entries: readonly AttemptEntry[];
	/** Last round that is told by this one. */
	readonly last: number;
}

/** What must be equal for two rounds to be told as one; numbers that only count rounds are not. */
const shapeOf = (entries: readonly AttemptEntry[]): string =>
	JSON.stringify(
		entries.map(({ rung, outcome, allocFlags, numbers, tests }) => [
			rung,
			outcome,
			allocFlags,
			tests?.map((t) => [t.zone.id, t.free, t.ok]),
			Object.entries(numbers ?? {}).filter(([name]) => name !== "loops" && name !== "retries"),
		]),
	);

/** Runs of entries with the same round. */
function roundsOf(entries: readonly AttemptEntry[]): AttemptEntry[][] {
	const rounds: AttemptEntry[][] = [];
	for (const entry of entries) {
		const own = rounds.at(-1);
		if (own?.[0]?.round === entry.round) own.push(entry);
		else rounds.push([entry]);
	}
	return rounds;
}

/** Splits entries into rounds and tells rounds in a row that went the same way as one. */
export function foldRounds(entries: readonly AttemptEntry[]): FoldedRound[] {
	const folded: FoldedRound[] = [];
	for (const own of roundsOf(entries)) {
		const round = own[0]?.round ?? 0;
		const previous = folded.at(-1);
		if (previous !== undefined && round > 0 && shapeOf(previous.entries) === shapeOf(own)) {
			folded[folded.length - 1] = { ...previous, last: round };
		} else {
			folded.push({ round, entries: own, last: round });
		}
	}
	return folded;
}

/** Rounds of a request without end, up to where they begin to repeat. */
export interface RepeatingRounds {
	readonly rounds: readonly FoldedRound[];
	/** First round of what repeats, or undefined if nothing was seen to. */
	readonly repeatsFrom: number | undefined;
}

const keyOf = ({ entries, round, last }: FoldedRound): string => `${last - round} ${shapeOf(entries)}`;

/** The shortest period with which the keys repeat from an index on, seen at least twice; 0 = none. */
function periodFrom(keys: readonly string[], from: number): number {
	const length = keys.length - from;
	for (let period = 1; 2 * period <= length; period++) {
		if (keys.slice(from + period).every((key, i) => key === keys[from + i])) return period;
	}
	return 0;
}

/** Cuts the rounds of a request that was stopped after some waits: what repeats is kept once. */
export function cutRepetition(folded: readonly FoldedRound[]): RepeatingRounds {
	const tail = folded.at(-1);
	if (tail !== undefined && tail.last > tail.round) {
		return { rounds: [...folded.slice(0, -1), { ...tail, last: tail.round }], repeatsFrom: tail.round };
	}
	// The last round was cut off in the middle, and so was the run of rounds before it.
	const whole = folded.slice(0, -2);
	const keys = whole.map(keyOf);
	for (let from = 1; from < whole.length; from++) {
		const period = periodFrom(keys, from);
		if (period > 0) return { rounds: whole.slice(0, from + period), repeatsFrom: whole[from]?.round };
	}
	const rounds = folded.length > 1 ? folded.slice(0, -1) : folded;
	const last = rounds.at(-1);
	if (last === undefined) return { rounds, repeatsFrom: undefined };
	return { rounds: [...rounds.slice(0, -1), { ...last, last: last.round }], repeatsFrom: last.round };
}
