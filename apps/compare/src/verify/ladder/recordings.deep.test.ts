import { parseFtrace, readTraceRecording } from "@pagelab/trace";
import { expect, test } from "vitest";
import { readShared } from "../../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../../tools/fixtures/shared-folder.ts";
import { isExplained } from "../describe-ladder.ts";
import { checkTrace } from "./check-trace.ts";
import { AGREEMENT_EVENTS, DISAGREEMENTS, type LadderAgreement, ladderAgreement } from "./ladder-agreement.ts";
import { QUESTION_KINDS } from "./ladder-questions.ts";

/** The table of docs/model/slow-path-recordings.md: the same of all events, in the order of QUESTION_KINDS. */
const SHARES: Readonly<Record<string, readonly string[]>> = {
	anon: ["6/6", "0/0", "149/153", "47/48", "2116/2116", "834/862"],
	bcachefs: ["15/19", "70/71", "67/71", "11/11", "1931/1946", "143/144"],
	file: ["69/69", "3/3", "33/73", "3/4", "2384/2384", "10/14"],
	mixed: ["6/6", "0/0", "44/53", "8/8", "2481/2481", "16/16"],
	slab: ["20/20", "0/0", "20/23", "3/3", "560/560", "13/13"],
	xfs: ["82/82", "8/8", "13/16", "0/0", "715/715", "12/12"],
};

/** Its second table, in the order of DISAGREEMENTS. */
const REASONS: Readonly<Record<string, readonly number[]>> = {
	anon: [2, 31, 0, 0, 0],
	bcachefs: [3, 18, 1, 3, 0],
	file: [33, 12, 0, 0, 0],
	mixed: [8, 1, 0, 0, 0],
	slab: [3, 0, 0, 0, 0],
	xfs: [3, 0, 0, 0, 0],
};

/** Disagreements of all kinds. */
const reasonsOf = ({ kinds }: LadderAgreement): number[] =>
	DISAGREEMENTS.map((why) => QUESTION_KINDS.reduce((n, kind) => n + (kinds[kind].disagreements[why] ?? 0), 0));

function agreementOf(name: string): LadderAgreement {
	const folder = `oracle/dev/trace/${name}`;
	const recording = readTraceRecording(readShared(`${folder}/state.json.gz`), name);
	const log = parseFtrace([readShared(`${folder}/trace.txt.gz`)], { kinds: AGREEMENT_EVENTS });
	checkTrace(recording, log, AGREEMENT_EVENTS);
	return ladderAgreement(recording, log, "v6.12.117");
}

test.skipIf(sharedFolder === undefined).for(Object.keys(SHARES))(
	"needs the shared folder: requests of %s take the recorded rungs, or there is a reason",
	(name) => {
		const agreement = agreementOf(name);
		const { kinds, contradictions, retryNumbers } = agreement;
		expect(contradictions).toBe(0);
		expect(retryNumbers.available).toBe(retryNumbers.events);
		expect(isExplained(agreement)).toBe(true);
		expect(QUESTION_KINDS.map((kind) => `${kinds[kind].same}/${kinds[kind].events}`)).toEqual(SHARES[name]);
		expect(reasonsOf(agreement)).toEqual(REASONS[name]);
	},
);
