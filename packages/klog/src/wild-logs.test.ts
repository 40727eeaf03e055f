import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFixture } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { explainCase, type ExplainedCase, explainedTotals, formatExplained } from "./testing/wild-explained.fixture.ts";
import {
	formatScores,
	isScored,
	METADATA_ERRORS,
	scoreCase,
	scoreTotals,
	shareRight,
	type WildCase,
	type WildMeta,
} from "./testing/wild-score.fixture.ts";

/** Share of complete logs that must be right in every field, whatever logs the folder has. WILD.md says how many are. */
const GATE = 0.9;

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const fixtureCases = (JSON.parse(decode(readFixture("klog/cases.json"))) as { id: string; meta: WildMeta }[]).map(
	({ id, meta }): WildCase => ({ id, meta, log: readFixture(`klog/${id}.log`) }),
);

function sharedCases(shared: string): WildCase[] {
	const folder = join(shared, "klog");
	return readdirSync(folder, { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => ({
			id: name,
			meta: JSON.parse(readFileSync(join(folder, name, "meta.json"), "utf8")) as WildMeta,
			log: readFileSync(join(folder, name, "log.txt")),
		}))
		.filter(({ meta }) => isScored(meta));
}

const wrongFields = (cases: readonly WildCase[]) =>
	cases
		.map(scoreCase)
		.flatMap(({ id, fields }) =>
			fields.filter(({ verdict }) => verdict === "wrong").map((field) => ({ id, ...field })),
		);

test("every field of the committed logs is as in their metadata", () => {
	expect(fixtureCases.length).toBeGreaterThan(20);
	expect(wrongFields(fixtureCases)).toEqual([]);
});

test("the score notices a wrong field", () => {
	const [first] = fixtureCases;
	if (first === undefined) throw new Error("no fixtures");
	const wrong = { ...first, meta: { ...first.meta, victimPid: 1, order: 9 } };
	expect(wrongFields([wrong]).map(({ field }) => field)).toEqual(["victimPid", "order"]);
	expect(shareRight([scoreCase(wrong)])).toBe(0);
});

test.skipIf(sharedFolder === undefined)("logs from the wild (needs the shared folder)", () => {
	const scores = sharedCases(sharedFolder as string).map(scoreCase);
	console.log(`${scoreTotals(scores)}\n${formatScores(scores)}`);
	expect(shareRight(scores)).toBeGreaterThanOrEqual(GATE);
	// An excuse that is no longer needed must go.
	const excused = scores.flatMap(({ id, fields }) =>
		fields.filter(({ verdict }) => verdict === "excused").map(({ field }) => `${id} ${field}`),
	);
	const present = METADATA_ERRORS.filter(({ id }) => scores.some((score) => score.id === id));
	expect(excused.sort()).toEqual(present.map(({ id, field }) => `${id} ${field}`).sort());
});

/** Victims that are known to follow from the table; by a script that has nothing of this package. */
function expectPredicted(cases: readonly WildCase[]): void {
	for (const own of cases) {
		const explained = explainCase(own);
		const { selectedPid, victimPid } = own.meta;
		if (own.meta.predictable === true) expect(`${own.id} ${explained?.victim}`).toBe(`${own.id} predicted`);
		if (explained?.victim === "predicted") {
			expect(`${own.id} ${explained.pids[1]}`).toBe(`${own.id} ${selectedPid ?? victimPid}`);
		}
	}
}

test("what explanations find in committed logs", () => {
	expectPredicted(fixtureCases);
	const found = fixtureCases.flatMap((own) => explainCase(own) ?? []);
	// By hand, from whether the log has a full cgroup, lines of zones, a task table, and a kill or a panic.
	expect(found.map(({ id, zone, victim }) => `${id}: ${zone}; ${victim}`)).toEqual([
		"001: found; predicted",
		"033: not about zones; predicted",
		"054: not about zones; predicted",
		"055: found; not by rank",
		"066: not about zones; not in the log",
		"068: not about zones; not in the log",
		"071: not about zones; not in the log",
		"074: found; not in the log",
		"084: not about zones; not in the log",
		"097: found; not by rank",
		"106: not about zones; not by rank",
		"118: found; not by rank",
		"128: found; not by rank",
		"134: found; not by rank",
		"163: not in the log; not by rank",
		"176: not in the log; not by rank",
		"189: not in the log; not by rank",
		"220: not in the log; not by rank",
		"222: not in the log; not by rank",
	]);
});

test("totals leave out what is not there to be found", () => {
	const one = { id: "1", kind: "oom", zone: "found", reason: null, victim: "predicted", pids: [7, 7] } as const;
	const cases: ExplainedCase[] = [
		one,
		{ ...one, zone: "not in the log", victim: "not by rank" },
		{ ...one, id: "2", zone: "not found", reason: "not decidable", victim: "another", pids: [7, 8] },
		{ ...one, kind: "page-allocation-failure", zone: "not about zones", victim: "not by rank" },
	];
	expect(explainedTotals(cases)).toBe("Failing zone found: 1 of 2 (50.0 %). Victim predicted: 1 of 2 (50.0 %).");
	const lines = formatExplained(cases).replaceAll(/ +/g, " ").split("\n");
	expect(lines).toContain("| oom | 3 | 1 | 1 | 1 | 0 | 1 | 1 | 0 | 1 |");
	expect(lines).toContain("| page-allocation-failure | 1 | 0 | 0 | 0 | 1 | | | | |");
	expect(lines.slice(-2)).toEqual([
		"| 2 | zone | not decidable |",
		"| 2 | victim | pid 7 was chosen, the ranking has 8 first |",
	]);
});

test.skipIf(sharedFolder === undefined)("what explanations find in the wild (needs the shared folder)", () => {
	expectPredicted(sharedCases(sharedFolder as string));
});
