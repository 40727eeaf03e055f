import { asGfp, asTaskFlags } from "@pagelab/base";
import { checkGfp, formatGfp, gfpHex, type GfpRule } from "@pagelab/gfp";
import { formatTaskFlags, PF } from "@pagelab/memalloc";
import type { MachineState } from "@pagelab/page-model";
import { type AttemptEntry, type DescribedRequest, describeAttempt, type Rung } from "@pagelab/slow-path";
import type { WhyAnswer } from "./answer-request.ts";
import { cutRepetition, type FoldedRound, foldRounds } from "./fold-rounds.ts";
import type { WhySide } from "./why-question.ts";

/** A paragraph of the answer: what stands in front of it, and its text. */
export interface WhyLine {
	/** Rung, or empty for what belongs to the line before. */
	readonly rung: string;
	readonly text: string;
}

/** One step of an answer with its lines, none for a step without anything to say. */
export interface WhyBlock {
	/** Equal for the same step of two sides. */
	readonly step: string;
	/** Undefined for remarks about rounds. */
	readonly rung: Rung | undefined;
	readonly lines: readonly WhyLine[];
}

/** What the words about a side's rungs need to know. */
export function describedRequest(side: WhySide, answer: WhyAnswer, state: MachineState): DescribedRequest {
	return {
		kernel: side.kernel,
		gfp: answer.scopedGfp,
		order: answer.request.order,
		taskFlags: answer.request.taskFlags,
		zoneNames: state.nodes.flatMap((n) => n.zones.map((z) => z.name)),
		manyNodes: state.nodes.length > 1,
	};
}

function blockOfEntry(entry: AttemptEntry, request: DescribedRequest, all: boolean): WhyBlock {
	const { what, zones } = describeAttempt(entry, request);
	const { rung, outcome } = entry;
	const text = what === "" && all ? "nothing here" : what;
	const lines = text === "" ? [] : [{ rung, text }, ...zones.map((zone) => ({ rung: "", text: `- ${zone}` }))];
	return { step: `${rung} ${outcome}`, rung, lines };
}

const remark = (text: string): WhyBlock => ({ step: text, rung: undefined, lines: [{ rung: "", text }] });

function sameRounds({ round, last }: FoldedRound): WhyBlock[] {
	if (last === round) return [];
	return [remark(last === round + 1 ? `round ${last}: the same` : `rounds ${round + 1} to ${last}: the same`)];
}

/** The rungs of one request in words; rounds that went alike are told once. */
export function blocksOfAnswer(answer: WhyAnswer, request: DescribedRequest, all: boolean): WhyBlock[] {
	const folded = foldRounds(answer.entries);
	const { rounds, repeatsFrom } =
		answer.end === "loops" ? cutRepetition(folded) : { rounds: folded, repeatsFrom: undefined };
	const blocks = rounds.flatMap((own) => [
		...(own.round > 1 ? [remark(`round ${own.round}:`)] : []),
		...own.entries.map((entry) => blockOfEntry(entry, request, all)),
		...sameRounds(own),
	]);
	return repeatsFrom === undefined
		? blocks
		: [...blocks, remark(`and so on, from round ${repeatsFrom} again and again`)];
}

/** Mask, order, profile and task in one line. */
export function requestLine({ request }: WhyAnswer, kernel: WhySide["kernel"]): string {
	const { gfp, order, taskFlags } = request;
	const task = taskFlags === 0 ? "" : `, task with ${scopeNames(taskFlags, kernel)}`;
	return `${formatGfp(gfp, { kernel })} (${gfpHex(gfp)}), order ${order}${task}`;
}

/** Scope bits have their names in the kernel that has them. */
const scopeNames = (taskFlags: number, kernel: WhySide["kernel"]): string =>
	formatTaskFlags(taskFlags, (taskFlags & 0x1800000) === 0 ? kernel : "v6.11");

/** What proposed rules say of a side's mask, one sentence each. */
export function ruleLines(rules: readonly GfpRule[], side: WhySide, { request }: WhyAnswer): string[] {
	const { gfp, order, taskFlags } = request;
	const flags = asTaskFlags(taskFlags);
	const findings = checkGfp(
		gfp,
		{
			kernel: side.kernel,
			order,
			pfMemalloc: (taskFlags & PF.MEMALLOC) !== 0,
			narrow: (mask) => side.contextRule.narrow(flags, asGfp(mask)),
		},
		rules,
	);
	const silent = rules.filter((rule) => !findings.some((finding) => finding.rule === rule.id));
	return [...findings.map(({ text }) => text), ...silent.map((rule) => `${rule.id.toUpperCase()}: nothing against it`)];
}

/** How it ended, in one sentence without a full stop. */
export function endLine(answer: WhyAnswer): string {
	switch (answer.end) {
		case "page":
			return `a page of ${answer.zone}, found at ${answer.entries.at(-1)?.rung}`;
		case "NULL":
			return `NULL${nullReason(answer)}`;
		case "ended":
			return "the task does not come back";
		default:
			return "no end: it climbs on until others free memory";
	}
}

/** The rung that led to nopage. */
function nullReason({ entries }: WhyAnswer): string {
	const stop = entries.findLast((entry) => entry.outcome === "nopage") ?? entries.at(-1);
	return stop === undefined ? "" : `, decided at ${stop.rung}`;
}
