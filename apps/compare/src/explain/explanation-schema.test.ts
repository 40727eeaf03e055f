import { readFileSync } from "node:fs";
import { readKlog } from "@pagelab/klog";
import { expect, test } from "vitest";
import { z } from "zod";
import { readFixture, readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { type ExplanationJson, explanationJson } from "./explanation-json.ts";
import { explanationSchema, explanationSchemaText } from "./explanation-schema.ts";

const ids = (JSON.parse(new TextDecoder().decode(readFixture("klog/cases.json"))) as { id: string }[]).map(
	({ id }) => id,
);
/** Through text, as a reader gets it. */
const asRead = (json: ExplanationJson): ExplanationJson => JSON.parse(JSON.stringify(json)) as ExplanationJson;
const jsonsOf = (log: Uint8Array): ExplanationJson[] => {
	const events = readKlog(log);
	return events.map((_, i) => asRead(explanationJson(events, i)));
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

test.skipIf(sharedFolder === undefined)("and those of recorded boots (needs the shared folder)", () => {
	for (const name of ["allocfail", "memcg", "mempolicy", "nodump", "swap", "sysrq"]) {
		for (const json of jsonsOf(readShared(`oracle/dev/oom/${name}.dmesg.gz`))) {
			expect(explanationSchema.parse(json)).toEqual(json);
		}
	}
});

interface SchemaNode {
	readonly type?: string;
	readonly description?: string;
	readonly properties?: Readonly<Record<string, SchemaNode>>;
	readonly required?: readonly string[];
	readonly additionalProperties?: boolean;
	readonly items?: SchemaNode;
	readonly anyOf?: readonly SchemaNode[];
	readonly oneOf?: readonly SchemaNode[];
}

/** Every object of a schema with its path. */
function objectsIn(node: SchemaNode, path: string): [string, SchemaNode][] {
	const own: [string, SchemaNode][] = node.type === "object" ? [[path, node]] : [];
	const children = [
		...Object.entries(node.properties ?? {}),
		...(node.items === undefined ? [] : [["[]", node.items] as const]),
		...[...(node.anyOf ?? []), ...(node.oneOf ?? [])].map((each, i) => [`|${i}`, each] as const),
	];
	return [...own, ...children.flatMap(([name, child]) => objectsIn(child, `${path}.${name}`))];
}

test("every property is documented, required, and the only one of its name", () => {
	const objects = objectsIn(z.toJSONSchema(explanationSchema) as SchemaNode, "$");
	expect(objects.map(([path]) => path)).toContain("$.explained.unserved.|0.zones.[].blocks.[]");
	for (const [path, node] of objects) {
		const names = Object.keys(node.properties ?? {});
		expect(node.required?.toSorted(), path).toEqual(names.toSorted());
		expect(node.additionalProperties, path).toBe(false);
		for (const [name, property] of Object.entries(node.properties ?? {})) {
			expect(property.description, `${path}.${name}`).toMatch(/^[A-Za-z0-9].*\.$/);
		}
	}
});

test("what is not of this shape does not fit", () => {
	const [real] = jsonsOf(readFixture("klog/106.log"));
	expect(explanationSchema.safeParse({ ...real, more: 1 }).success).toBe(false);
	expect(explanationSchema.safeParse({ ...real, schema: "pagelab-explanation-2" }).success).toBe(false);
	expect(explanationSchema.safeParse({ ...real, explained: { ...real?.explained, missing: "all" } }).success).toBe(
		false,
	);
});
