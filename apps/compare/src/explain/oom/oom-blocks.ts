import {
	explainVictim,
	type OomContext,
	type OomEvent,
	otherPolicies,
	type PolicyOutcome,
	type RankedTask,
	type SecondKill,
	type Statement,
	type VictimExplanation,
	wouldHaveChanged,
} from "@pagelab/klog";
import type { Block, BlockColumn } from "../block.ts";

/** Tasks of the ranking that are shown; those that were killed always are. */
const SHOWN_MAX = 8;

function part(text: string, ...blocks: readonly Block[]): Block[] {
	const filled = blocks.filter((block) => block.kind !== "statements" || block.statements.length > 0);
	return filled.length === 0 ? [] : [{ kind: "heading", text }, ...filled];
}

const statementsBlock = (statements: readonly Statement[]): Block => ({ kind: "statements", statements });

const right = (title: string): BlockColumn => ({ title, align: "right" });
const left = (title: string): BlockColumn => ({ title, align: "left" });

const cell = (pages: number | null): string => (pages === null ? "?" : String(pages));

const CHOSEN_WORDS: Readonly<Record<VictimExplanation["decision"], string>> = {
	ranking: "killed",
	group: "killed",
	sysrq: "killed",
	"allocating task": "killed",
	"already exiting": "chosen",
	"panic on oom": "",
	"nobody left": "",
	"not in the log": "",
};

/** What became of a task of the ranking. */
function fateOf({ pid }: RankedTask, { chosen, victim, freed, decision }: VictimExplanation): string {
	if (victim?.pid === pid || freed.some((own) => own.pid === pid)) return "killed";
	return chosen?.pid === pid ? (victim === null ? CHOSEN_WORDS[decision] : "chosen") : "";
}

/** The ranking with its numbers in pages: badness is their sum and what oom_score_adj adds. */
function rankingTable(explanation: VictimExplanation): Block[] {
	const { ranking, unit } = explanation;
	if (ranking === null || ranking.length === 0) return [];
	const shown = ranking.filter((task, i) => i < SHOWN_MAX || fateOf(task, explanation) !== "");
	const rows = shown.map((task) => [
		String(ranking.indexOf(task) + 1),
		String(task.points),
		String(task.oom_score_adj),
		String(task.rss),
		cell(task.swap),
		cell(task.pgtables),
		String(task.pid),
		task.name,
		fateOf(task, explanation),
	]);
	const badness = unit === "permille" ? "badness/1000" : "badness";
	return [
		{
			kind: "table",
			columns: [
				right("#"),
				right(badness),
				right("adj"),
				right("rss"),
				right("swap"),
				right("tables"),
				right("pid"),
				left("name"),
				left(""),
			],
			rows,
		},
	];
}

const VERDICTS: Readonly<Record<SecondKill["verdict"], string>> = {
	happened: "Yes.",
	likely: "Likely.",
	possible: "Possible.",
	unlikely: "Unlikely.",
	"nobody to kill": "",
	"not decidable": "Not decidable from this log.",
};

function secondKillStatements({ verdict, statements }: SecondKill): Statement[] {
	const [first, ...rest] = statements;
	if (first === undefined) return [];
	return [{ ...first, text: `${VERDICTS[verdict]} ${first.text}`.trim() }, ...rest];
}

function deedText({ act, victims, signal }: PolicyOutcome): string {
	if (act === "nobody") return "kills nobody";
	if (act === "not decidable") return "not decidable from this log";
	const names = victims.map(({ name, pid }) => `${name} (${pid})`).join(", ");
	return signal === "SIGTERM" ? `kills ${names} (SIGTERM)` : `kills ${names}`;
}

/** Policies that cannot answer for the same reason share a row. */
function policyRows(outcomes: readonly PolicyOutcome[]): string[][] {
	const rows: string[][] = [];
	for (const outcome of outcomes) {
		const [deed, why] = [deedText(outcome), outcome.why];
		const same = outcome.act === "not decidable" ? rows.find((row) => row[1] === deed && row[2] === why) : undefined;
		if (same === undefined) rows.push([outcome.policy, deed, why]);
		else same[0] = `${same[0]}, ${outcome.policy}`;
	}
	return rows;
}

const policyTable = (outcomes: readonly PolicyOutcome[]): Block => ({
	kind: "table",
	columns: [left("policy"), left("at this instant"), left("because")],
	rows: policyRows(outcomes),
});

/**
 * Who an OOM event killed and why that one, whether another kill is likely, what other policies would have done and what would have
 * changed it, as people read it.
 *
 * @param context what the rest of the log says: who had been killed before, and the OOM events that come after.
 */
export function oomBlocks(event: OomEvent, context: OomContext = {}): Block[] {
	const explanation = explainVictim(event, context);
	const { outcomes, notes } = otherPolicies(event, context);
	return [
		...part(
			"Who was killed, and why that one",
			statementsBlock(explanation.who),
			...rankingTable(explanation),
			statementsBlock(explanation.why),
		),
		...part("What the kill brings", statementsBlock(explanation.brings)),
		...part("Is another kill likely?", statementsBlock(secondKillStatements(explanation.secondKill))),
		...part("What other OOM policies would have done", policyTable(outcomes), statementsBlock(notes)),
		...part("What would have changed it", statementsBlock(wouldHaveChanged(event, context).statements)),
	];
}
