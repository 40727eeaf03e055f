import type { Style } from "../cli/style.ts";
import type { WhyAnswer } from "./answer-request.ts";
import {
	blocksOfAnswer,
	describedRequest,
	endLine,
	requestLine,
	ruleLines,
	type WhyBlock,
	type WhyLine,
} from "./why-lines.ts";
import type { WhyCircumstances, WhyQuestion, WhySide } from "./why-question.ts";
import { wrapText } from "./wrap-text.ts";

/** Columns that a line has at most. */
export const WIDTH = 80;
const RUNG_WIDTH = 5;
const COLUMN_WIDTH = 38;
const BETWEEN = " │  ";

/** A side with what it answered. */
export interface AnsweredSide {
	readonly side: WhySide;
	readonly answers: readonly WhyAnswer[];
}

export interface RenderOptions {
	readonly style: Style;
	/** Also rungs that were passed without anything to say. */
	readonly all: boolean;
}

/** A line in a column: the rung in front, what does not fit below. */
function columnLines({ rung, text }: WhyLine, width: number): string[] {
	const hanging = text.startsWith("- ") ? "  " : "";
	const lines = wrapText(text, width - RUNG_WIDTH - hanging.length);
	return lines.map((line, i) => `${(i === 0 ? rung : "").padEnd(RUNG_WIDTH)}${i === 0 ? "" : hanging}${line}`);
}

/** A paragraph whose later lines are set in. */
export const indented = (text: string, width: number): string[] =>
	wrapText(text, width - 2).map((line, i) => (i === 0 ? line : `  ${line}`));

/** What is assumed of the rest of the kernel, in a sentence. */
export function assumptionLine({ assumptions }: WhyCircumstances): string {
	const { reclaim, compaction, oom, oomFrees } = assumptions;
	const result = Object.entries(RESULT_WORDS).find(([, value]) => value === compaction)?.[0] ?? "is not built in";
	const killer = oom === "kills" ? `the OOM killer kills and ${oomFrees} pages come back` : `the OOM killer: ${oom}`;
	return `Assumed: reclaim frees at most ${reclaim} pages a round, compaction ${result}, ${killer}.`;
}

/** Policies that stand in for the kernel's behaviour, with who proposed them. */
export function policyLines({ policies }: WhyCircumstances): string[] {
	const chosen = [policies.exhaustion, policies.size].filter((policy) => policy !== undefined);
	return chosen.flatMap(({ id, claim, proposedBy }) => indented(`Policy ${id} (${proposedBy}): ${claim}`, WIDTH));
}

const RESULT_WORDS: Readonly<Record<string, number>> = {
	"is skipped": 0,
	"is deferred": 1,
	"ends COMPLETE": 2,
	"ends PARTIAL_SKIPPED": 3,
	"ends CONTENDED": 4,
	"ends SUCCESS": 5,
};

/** Index of the first block at which two sides take another step, or -1. */
export function partingOf(a: readonly WhyBlock[], b: readonly WhyBlock[]): number {
	const steps = Math.max(a.length, b.length);
	for (let i = 0; i < steps; i++) if (a[i]?.step !== b[i]?.step) return i;
	return -1;
}

/** The rung at which they part, as a sentence. */
function partingLine([a = [], b = []]: readonly (readonly WhyBlock[])[], at: number): string {
	if (at < 0) return "They take the same rungs.";
	const rungs = [a[at]?.rung, b[at]?.rung].filter((rung) => rung !== undefined);
	const [first = "the end", second = first] = rungs;
	return first === second ? `They part at ${first}.` : `They part: ${first} here, ${second} there.`;
}

function twoColumns(rests: readonly (readonly WhyLine[])[]): string[] {
	const [left = [], right = []] = rests.map((lines) => lines.flatMap((line) => columnLines(line, COLUMN_WIDTH)));
	const rows = Math.max(left.length, right.length);
	return Array.from({ length: rows }, (_, i) =>
		`${(left[i] ?? "").padEnd(COLUMN_WIDTH)}${BETWEEN}${right[i] ?? ""}`.trimEnd(),
	);
}

const fullWidth = (blocks: readonly WhyBlock[]): string[] =>
	blocks.flatMap(({ lines }) => lines.flatMap((line) => columnLines(line, WIDTH)));

const linesOf = (blocks: readonly WhyBlock[]): readonly WhyLine[] => blocks.flatMap(({ lines }) => lines);

const isSame = (a: WhyBlock, b: WhyBlock): boolean => JSON.stringify(a.lines) === JSON.stringify(b.lines);

/** Steps that both sides took: told once where the words are the same. */
function renderShared(a: readonly WhyBlock[], b: readonly WhyBlock[]): string[] {
	return a.flatMap((own, i) => {
		const other = b[i];
		if (other === undefined || isSame(own, other)) return fullWidth([own]);
		return twoColumns([own.lines, other.lines]);
	});
}

function renderOne(question: WhyQuestion, { side, answers }: AnsweredSide, options: RenderOptions): string[] {
	return answers.flatMap((answer) => {
		const request = describedRequest(side, answer, question.state);
		const { title } = answer.request;
		return [
			...(title === undefined ? [] : [options.style("bold", title)]),
			...indented(`${requestLine(answer, side.kernel)}, ${side.id}`, WIDTH),
			"",
			...fullWidth(blocksOfAnswer(answer, request, options.all)),
			"",
			options.style("bold", `Result: ${endLine(answer)}.`),
			...ruleLines(question.rules, side, answer).flatMap((line) => indented(`Rule ${line}.`, WIDTH)),
		];
	});
}

function renderTwo(question: WhyQuestion, sides: readonly AnsweredSide[], options: RenderOptions): string[] {
	const rounds = Math.max(...sides.map(({ answers }) => answers.length));
	return Array.from({ length: rounds }, (_, i) => renderPair(question, sides, i, options)).flat();
}

function renderPair(
	question: WhyQuestion,
	sides: readonly AnsweredSide[],
	i: number,
	{ style, all }: RenderOptions,
): string[] {
	const present = sides.map(({ side, answers }) => ({ side, answer: answers[i] }));
	const blocks = present.map(({ side, answer }) =>
		answer === undefined ? [] : blocksOfAnswer(answer, describedRequest(side, answer, question.state), all),
	);
	const [left = [], right = []] = blocks;
	const at = partingOf(left, right);
	const shared = at < 0 ? left.length : at;
	const heads = present.map(({ side, answer }): WhyLine[] => [
		{ rung: "", text: `${side.id}:` },
		...(answer === undefined ? [] : [{ rung: "", text: requestLine(answer, side.kernel) }]),
	]);
	const ends = present.map(({ answer }): WhyLine[] => [
		{ rung: "=", text: answer === undefined ? "makes no further try" : endLine(answer) },
	]);
	const rules = present.map(({ side, answer }) =>
		answer === undefined
			? []
			: ruleLines(question.rules, side, answer).map((text): WhyLine => ({ rung: "rule", text })),
	);
	const title = present.find(({ answer }) => answer?.request.title !== undefined)?.answer?.request.title;
	return [
		...(title === undefined ? [] : [style("bold", title)]),
		...twoColumns(heads),
		"",
		...renderShared(left.slice(0, shared), right.slice(0, shared)),
		"",
		style("bold", partingLine(blocks, at)),
		...twoColumns(blocks.map((own) => linesOf(own.slice(shared)))),
		...twoColumns(ends),
		...(question.rules.length === 0 ? [] : twoColumns(rules)),
	];
}

/** The answer as lines of at most 80 columns. */
export function renderWhy(question: WhyQuestion, sides: readonly AnsweredSide[], options: RenderOptions): string[] {
	const [only] = sides;
	const body =
		sides.length === 1 && only !== undefined ? renderOne(question, only, options) : renderTwo(question, sides, options);
	return [
		...indented(`Machine: ${question.machine}.`, WIDTH),
		...indented(assumptionLine(question), WIDTH),
		...policyLines(question),
		...question.notes.flatMap((note) => indented(`Note: ${note}.`, WIDTH)),
		"",
		...body,
	];
}
