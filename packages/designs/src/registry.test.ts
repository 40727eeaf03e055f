import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DESIGNS, findDesign, postRevert, preRevert } from "./index.ts";

const folder = new URL(".", import.meta.url);

test("every design file is in the registry, and nothing else", () => {
	const files = readdirSync(folder).filter((f) => f.endsWith(".ts") && !/^(index|registry)|\.test\.ts$/.test(f));
	expect(DESIGNS.map((d) => `${d.id}.ts`).toSorted()).toEqual(files.toSorted());
});

test("no design names a kernel profile outside of its source", () => {
	for (const file of readdirSync(folder).filter((f) => /^(?!index|registry).*(?<!\.test)\.ts$/.test(f))) {
		const text = readFileSync(new URL(file, folder), "utf8");
		expect(text).not.toMatch(/kernel:|profile:/);
	}
});

test("the revert is scopes and caller, and nothing else", () => {
	const { id: _a, claim: _b, source: _c, ...before } = preRevert;
	const { id: _d, claim: _e, source: _f, ...after } = postRevert;
	expect(Object.keys({ ...before, ...after }).toSorted()).toEqual(["caller", "scopes"]);
	expect(before.caller.onFailure).toEqual(after.caller.onFailure);
});

test("an unknown design names the nearest", () => {
	expect(findDesign("post-revert")).toBe(postRevert);
	expect(() => findDesign("post-revrt")).toThrow('unknown design "post-revrt", did you mean "post-revert"?');
	expect(() => findDesign("zzz")).toThrow("expected one of pre-revert, post-revert, naive-nofs");
});
