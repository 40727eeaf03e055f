import { readFileSync } from "node:fs";
import { readKlog } from "@pagelab/klog";
import { expect, test } from "vitest";
import { z } from "zod";
import { expectDocumented, objectsIn, type SchemaNode } from "../cli/json-schema.fixture.ts";
import { readFixture, readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { type ExplanationJson, explanationJson } from "./explanation-json.ts";
import { expectPlain } from "./testing/expect-plain.fixture.ts";
import { explanationSchema, explanationSchemaText } from "./explanation-schema.ts";

interface CommittedLog {
	readonly id: string;
	readonly meta: {
		readonly kind: string;
		readonly victimPid: number | null;
		readonly victimName: string | null;
		readonly order: number | null;
	};
}

const cases = JSON.parse(new TextDecoder().decode(readFixture("klog/cases.json"))) as CommittedLog[];
const ids = cases.map(({ id }) => id);
/** Through text, as a reader gets it. */
const asRead = (json: ExplanationJson): ExplanationJson => JSON.parse(JSON.stringify(json)) as ExplanationJson;
const jsonsOf = (log: Uint8Array): ExplanationJson[] => {
	const events = readKlog(log);
	return events.map((_, i) => {
		const json = explanationJson(events, i);
		expectPlain(json);
		return asRead(json);
	});
};

test("the published schema is current", () => {
	const published = readFileSync(new URL("../../schema/explanation.schema.json", import.meta.url), "utf8");
	expect(JSON.parse(published), "write it anew with tools/schemas/write-explanation-schema.ts").toEqual(
		JSON.parse(explanationSchemaText()),
	);
});

test("explanations of all committed logs fit, whole", () => {
	const all = ids.flatMap((id) => jsonsOf(readFixture(`klog/${id}.log`)));
	expect(all.length).toBeGreaterThan(ids.length);
	for (const json of all) expect(explanationSchema.parse(json)).toEqual(json);
});

test.each(cases.filter(({ meta }) => meta.kind === "oom"))("log $id: the victim as data is the known one", (known) => {
	const explained = jsonsOf(readFixture(`klog/${known.id}.log`)).map((json) => json.explained);
	const ooms = explained.filter(({ victim }) => victim !== null);
	const { victimPid: pid, victimName: name } = known.meta;
	expect(ooms.map(({ victim }) => victim?.victim)).toContainEqual(pid === null ? null : { pid, name });
	for (const { policies, wouldHaveChanged, failure } of ooms) {
		expect(policies?.outcomes.map(({ policy }) => policy)).toContain("earlyoom");
		expect(wouldHaveChanged?.statements.length).toBeGreaterThan(0);
		expect(failure).toBeNull();
	}
});

test.each(cases.filter(({ meta }) => meta.kind.endsWith("failure")))("log $id: the failure as data", ({ id, meta }) => {
	const explained = jsonsOf(readFixture(`klog/${id}.log`)).map((json) => json.explained);
	const failures = explained.filter(({ failure }) => failure !== null);
	expect(failures.map(({ failure }) => failure?.request.order)).toContain(meta.order);
	for (const own of failures) expect([own.victim, own.policies, own.wouldHaveChanged]).toEqual([null, null, null]);
});

test("nodes of a failed request are a list, and its rung is named", () => {
	const [{ failure } = { failure: null }] = jsonsOf(readFixture("klog/118.log")).map((json) => json.explained);
	expect(failure?.request.nodes).toEqual([0]);
	expect(failure?.rung).toMatch(/^S\d+$/);
});

test.skipIf(sharedFolder === undefined)("and those of recorded boots (needs the shared folder)", () => {
	for (const name of ["allocfail", "memcg", "mempolicy", "nodump", "swap", "sysrq"]) {
		for (const json of jsonsOf(readShared(`oracle/dev/oom/${name}.dmesg.gz`))) {
			expect(explanationSchema.parse(json)).toEqual(json);
		}
	}
});

test("every property is documented, required, and the only one of its name", () => {
	const objects = objectsIn(z.toJSONSchema(explanationSchema) as SchemaNode);
	const paths = objects.map(([path]) => path);
	expect(paths).toContain("$.explained.unserved.|0.zones.[].blocks.[]");
	expect(paths).toContain("$.explained.victim.|0.ranking.|0.[]");
	expect(paths).toContain("$.explained.failure.|0.pictures.[].rows.[]");
	expectDocumented(objects, /^[A-Za-z0-9].*\.$/);
});

test("what is not of this shape does not fit", () => {
	const [real] = jsonsOf(readFixture("klog/106.log"));
	expect(explanationSchema.safeParse({ ...real, more: 1 }).success).toBe(false);
	expect(explanationSchema.safeParse({ ...real, schema: "pagelab-explanation-2" }).success).toBe(false);
	expect(explanationSchema.safeParse({ ...real, explained: { ...real?.explained, missing: "all" } }).success).toBe(
		false,
	);
});
