import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "@pagelab/base";
import { bootModel, parseMachineSpec, snapshot, takeFrame } from "@pagelab/page-model";
import { checkMachineState } from "@pagelab/trace";
import { GFP_HIGHUSER_MOVABLE, GFP_KERNEL } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { fixturePath } from "../../../../tools/fixtures/fixture.ts";
import { loadMachine } from "./load-machine.ts";

const load = (...args: string[]): string => loadMachine(args, "initial", "v6.12.117").title;

test("a machine, or a file as for map", () => {
	expect(load("4G,nodes=2")).toBe("4G,nodes=2, just booted");
	expect(load("pc-4g")).toBe("pc-4g, just booted");
	expect(load(fixturePath("buddy/c128-1-mixed.json.gz"))).toMatch(/c128-1-mixed, initial$/);
});

test.each([
	["512N", /^unknown machine "512N"/],
	["./512M", /^\.\/512M: cannot read the file/],
	["state.json", /^state\.json: cannot read the file/],
])("%s is neither", (arg, message) => {
	expect(() => load(arg)).toThrow(InputError);
	try {
		load(arg);
	} catch (error) {
		expect((error as InputError).describe()).toMatch(message);
	}
});

test("a file that exists is meant, whatever it is called", () => {
	const folder = mkdtempSync(join(tmpdir(), "pagelab-test-"));
	writeFileSync(join(folder, "512M"), "no state");
	expect(() => load(join(folder, "512M"))).toThrow(/expected a recording/);
});

describe("what boots and what has run passes the checks for recorded states", () => {
	test.each(["8M", "64m-one-zone", "512M,cpus=2", "pc-4g", "6G,nodes=3,cpus=5"])("%s", (spec) => {
		const model = bootModel(parseMachineSpec(spec), "v6.12.117");
		const check = (): void => checkMachineState(snapshot(model));
		expect(check).not.toThrow();
		for (let i = 0; i < 500; i++) takeFrame(model, i % 3 === 0 ? GFP_HIGHUSER_MOVABLE : GFP_KERNEL, i % 5, 0);
		expect(check).not.toThrow();
	});
});
