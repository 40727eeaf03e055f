import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFixture } from "../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import {
	formatScores,
	isScored,
	METADATA_ERRORS,
	scoreCase,
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
	console.log(formatScores(scores));
	expect(shareRight(scores)).toBeGreaterThanOrEqual(GATE);
	// An excuse that is no longer needed must go.
	const excused = scores.flatMap(({ id, fields }) =>
		fields.filter(({ verdict }) => verdict === "excused").map(({ field }) => `${id} ${field}`),
	);
	const present = METADATA_ERRORS.filter(({ id }) => scores.some((score) => score.id === id));
	expect(excused.sort()).toEqual(present.map(({ id, field }) => `${id} ${field}`).sort());
});
