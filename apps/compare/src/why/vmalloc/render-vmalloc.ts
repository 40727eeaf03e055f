import { asTaskFlags } from "@pagelab/base";
import { formatGfp, gfpHex } from "@pagelab/gfp";
import { formatTaskFlags, PF } from "@pagelab/memalloc";
import type { InnerAllocation } from "@pagelab/vmalloc";
import type { Style } from "../../cli/style.ts";
import { assumptionLine, indented, policyLines, WIDTH } from "../render-why.ts";
import { endLine, endWord, remarksOf } from "./answer-lines.ts";
import type { VmallocAnswer } from "./answer-vmalloc.ts";
import { type MaskRow, maskRows } from "./mask-rows.ts";
import { scopeName } from "./scope-name.ts";
import type { VmallocQuestion } from "./vmalloc-question.ts";

const LABEL_WIDTH = 20;
const CELL_WIDTH = 10;

const paragraph = (text: string): string[] => indented(text, WIDTH);

const tableLine = ({ label, cells }: MaskRow): string =>
	`${label.padEnd(LABEL_WIDTH)}${cells.map((cell) => cell.padEnd(CELL_WIDTH)).join("")}`.trimEnd();

/** Remarks that several columns have in common are said once, with their names. */
function remarkLines(answers: readonly VmallocAnswer[]): string[] {
	const columns = new Map<string, string[]>();
	for (const answer of answers) {
		const nulls = answer.end === "NULL" ? [endLine(answer)] : [];
		for (const remark of new Set([...nulls, ...remarksOf(answer)])) {
			columns.set(remark, [...(columns.get(remark) ?? []), answer.mask.name]);
		}
	}
	return [...columns].flatMap(([remark, names]) => paragraph(`- ${names.join(", ")}: ${remark}`));
}

/** The table of one rule: a column for each mask. */
function renderTable(question: VmallocQuestion, answers: readonly VmallocAnswer[], style: Style): string[] {
	const head = { label: "who sees", cells: answers.map(({ mask }) => mask.name) };
	const caller = { label: `${question.call}'s caller`, cells: answers.map(({ mask }) => gfpHex(mask.gfp)) };
	const rows = maskRows(answers, question.taskFlags);
	const end = { label: "result", cells: answers.map(endWord) };
	return [style("bold", tableLine(head)), ...[caller, ...rows, end].map(tableLine), ...remarkLines(answers)];
}

const unfinishedOf = ({ unfinished }: VmallocAnswer): readonly InnerAllocation[] =>
	unfinished === undefined ? [] : [unfinished];

const COLUMNS = [20, 6, 10, 10, 13] as const;

const detailLine = (cells: readonly string[]): string =>
	cells
		.map((cell, i) => cell.padEnd(COLUMNS[i] ?? 0))
		.join("")
		.trimEnd();

function detailOf(entry: InnerAllocation, callerFlags: number, unfinished: boolean): string {
	const { who, depth, order, gfp, scoped, taskFlags, calls, wanted, got } = entry;
	const scope = scopeName(taskFlags & ~callerFlags);
	const many = calls > 1 ? ` (${calls}x)` : "";
	const outcome = unfinished ? "no end" : got === wanted ? String(got) : `${got} of ${wanted}`;
	const label = `${"> ".repeat(depth)}${who}`;
	return detailLine([label, String(order), gfpHex(gfp), gfpHex(scoped), scope, `${outcome}${many}`]);
}

/** Masks of a table in words. */
function maskNames({ kernel }: VmallocQuestion, answer: VmallocAnswer): string[] {
	const all = [...answer.entries, ...unfinishedOf(answer)];
	const masks = new Set(all.flatMap(({ gfp, scoped }) => [gfp, scoped]));
	return [...masks].flatMap((mask) => paragraph(`${gfpHex(mask).padEnd(9)}${formatGfp(mask, { kernel })}`));
}

/** The table of one rule for one mask: a line for each allocation. */
function renderDetail(question: VmallocQuestion, answer: VmallocAnswer, style: Style): string[] {
	const head = detailLine(["who", "order", "mask", "counts as", "in the scope", "got"]);
	return [
		style("bold", head),
		...answer.entries.map((entry) => detailOf(entry, question.taskFlags, false)),
		...unfinishedOf(answer).map((entry) => detailOf(entry, question.taskFlags, true)),
		...remarksOf(answer).flatMap((remark) => paragraph(`- ${remark}`)),
		style("bold", `Result: ${endLine(answer)}.`),
		...maskNames(question, answer),
	];
}

function renderRule(question: VmallocQuestion, answers: readonly VmallocAnswer[], style: Style): string[] {
	const [first] = answers;
	if (first === undefined) return [];
	const { rules } = first;
	const isDetail = answers.length === 1;
	return [
		"",
		...paragraph(`Rule ${rules.id} (${rules.kernels.join(", ")}): ${rules.claim}`),
		"",
		...(isDetail ? renderDetail(question, first, style) : renderTable(question, answers, style)),
	];
}

const usesReserves = (answers: readonly VmallocAnswer[]): boolean =>
	answers.some((answer) =>
		[...answer.entries, ...unfinishedOf(answer)].some(({ taskFlags }) => (taskFlags & PF.MEMALLOC) !== 0),
	);

/** Signs and names that a reader must know. */
function legend({ call, masks }: VmallocQuestion, answers: readonly VmallocAnswer[]): string[] {
	const entries = answers.flatMap((answer) => [...answer.entries, ...unfinishedOf(answer)]);
	const nested = entries.some(({ depth }) => depth > 0);
	const signs = masks.length > 1 && entries.some(({ got, wanted }) => got < wanted);
	const tables = entries.some(({ who }) => who === "page table");
	return [
		...(signs ? ["! got nothing; ~ got less than asked for; ? has no end; - was not called"] : []),
		...(nested ? ["> in the vmalloc of the page array, which is larger than a page"] : []),
		...(tables ? [`page tables see 0xdc0, GFP_KERNEL|__GFP_ZERO, whatever mask ${call} gets`] : []),
		...(usesReserves(answers)
			? [
					"scope MEMALLOC: PF_MEMALLOC, no reclaim and all reserves. memalloc_noreclaim_save() sets it, whose name " +
						"suggests PF_MEMALLOC_NORECLAIM: that one gave no reserves",
				]
			: []),
	].flatMap((text) => paragraph(`${text}.`));
}

function headLine({ call, size, masks, kernel, taskFlags }: VmallocQuestion): string {
	const [only] = masks;
	const mask = masks.length === 1 && only !== undefined ? `, ${only.name} (${gfpHex(only.gfp)})` : "";
	const task = taskFlags === 0 ? "" : `, task with ${formatTaskFlags(asTaskFlags(taskFlags), kernel)}`;
	return `${call} of ${size} bytes${mask}${task}; the page allocator is that of ${kernel}`;
}

const ASSUMED_OBJECTS = "Assumed: small objects come from partial slabs, no page tables are there yet.";

/** Who sees which mask, a table for each rule, as lines of at most 80 columns. */
export function renderVmalloc(
	question: VmallocQuestion,
	answers: readonly (readonly VmallocAnswer[])[],
	style: Style,
): string[] {
	const signs = legend(question, answers.flat());
	return [
		...paragraph(`Machine: ${question.machine}.`),
		...paragraph(assumptionLine(question)),
		...paragraph(ASSUMED_OBJECTS),
		...policyLines(question),
		...question.notes.flatMap((note) => paragraph(`Note: ${note}.`)),
		"",
		...paragraph(`${headLine(question)}.`),
		...answers.flatMap((own) => renderRule(question, own, style)),
		...(signs.length === 0 ? [] : ["", ...signs]),
	];
}
