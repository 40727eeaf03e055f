import { InputError } from "@pagelab/base";
import { GFP_ATOMIC, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { OPERATION_HELP, OPERATION_NAMES } from "./operation.ts";
import { parseOperation } from "./parse-operation.ts";

const parse = (line: string): unknown => parseOperation(line, "v6.12.117");

describe("operations", () => {
	test.each([
		["alloc 3 GFP_KERNEL", { kind: "alloc", n: 1, order: 3, gfp: GFP_KERNEL }],
		["alloc 20 0 GFP_ATOMIC", { kind: "alloc", n: 20, order: 0, gfp: GFP_ATOMIC }],
		["alloc 0 0xcc0 node=1", { kind: "alloc", n: 1, order: 0, gfp: GFP_KERNEL, node: 1 }],
		["alloc 2 11 GFP_KERNEL node=0", { kind: "alloc", n: 2, order: 11, gfp: GFP_KERNEL, node: 0 }],
		["alloc 0 GFP_KERNEL|__GFP_NOFAIL", { kind: "alloc", n: 1, order: 0, gfp: GFP_KERNEL | 0x8000 }],
		["bulk 64 GFP_NOWAIT", { kind: "bulk", n: 64, gfp: GFP_NOWAIT }],
		["exact 40960 GFP_KERNEL", { kind: "exact", bytes: 40_960, gfp: GFP_KERNEL }],
		["free 7", { kind: "free", slots: { first: 7, last: 7 } }],
		["free 7-9", { kind: "free", slots: { first: 7, last: 9 } }],
		["release all", { kind: "release", slots: "all" }],
		["drain", { kind: "drain", all: false }],
		["drain all", { kind: "drain", all: true }],
		["memalloc on", { kind: "memalloc", on: true }],
		["cpu 1", { kind: "cpu", cpu: 1 }],
		["  status  # of all zones", { kind: "status" }],
	])("%s", (line, operation) => {
		expect(parse(line)).toEqual(operation);
	});

	test("empty lines and comments are none", () => {
		for (const line of ["", "   ", "# alloc 3 GFP_KERNEL"]) expect(parse(line)).toBeUndefined();
	});

	test("names of masks follow the kernel", () => {
		expect(parseOperation("alloc 0 GFP_NOWAIT", "v6.11")).toMatchObject({ gfp: 0x2800 });
	});

	test("each one in the help is understood, and nothing else", () => {
		const arguments_: Record<string, string> = {
			alloc: "0 GFP_KERNEL",
			bulk: "2 GFP_KERNEL",
			exact: "1 GFP_KERNEL",
			free: "0",
			release: "0",
			memalloc: "off",
			cpu: "0",
		};
		for (const name of OPERATION_NAMES)
			expect(parse(`${name} ${arguments_[name] ?? ""}`)).toMatchObject({ kind: name });
	});
});

describe("what is no operation gets one sentence", () => {
	test.each([
		["aloc 3 GFP_KERNEL", 'unknown operation "aloc", did you mean alloc?'],
		["constructor", `unknown operation "constructor", expected one of ${OPERATION_NAMES.join(", ")}`],
		["alloc", "the order is missing, expected alloc [N] ORDER GFP [node=N]"],
		["alloc 3", "the gfp mask is missing, expected alloc [N] ORDER GFP [node=N]"],
		[
			"alloc three GFP_KERNEL",
			'the order "three" is not a whole number from 0 to 100000, expected alloc [N] ORDER GFP [node=N]',
		],
		["alloc 32 GFP_KERNEL", "order 32 is above 31, expected alloc [N] ORDER GFP [node=N]"],
		["alloc 0 0 GFP_KERNEL", "0 times order 0 is not usable, expected alloc [N] ORDER GFP [node=N]"],
		["alloc 1 99 GFP_KERNEL", "1 times order 99 is not usable, expected alloc [N] ORDER GFP [node=N]"],
		["alloc 0 GFP_KERNEL 7", '"7" is not understood, expected alloc [N] ORDER GFP [node=N]'],
		["alloc 0 GFP_KERNL", 'unknown gfp flag "GFP_KERNL" in kernel 6.10–6.14, did you mean GFP_KERNEL?'],
		[
			"bulk 0 GFP_KERNEL",
			'the number of pages "0" is not a whole number from 1 to 100000, expected bulk N GFP [node=N]',
		],
		["free", "the slot is missing, expected free SLOT | FIRST-LAST | all"],
		["free x", '"x" is no slot, expected free SLOT | FIRST-LAST | all'],
		["free 5-3", 'slots "5-3" run backwards, expected free SLOT | FIRST-LAST | all'],
		["drain some", 'drain "some" is unknown, expected drain [all]'],
		["memalloc maybe", 'memalloc "maybe" is unknown, expected memalloc on | off'],
		["status now", '"now" is too much, expected status'],
	])("%s", (line, message) => {
		expect(() => parse(line)).toThrow(InputError);
		expect(() => parse(line)).toThrow(message);
	});
});

test("the help fits 80 columns", () => {
	for (const { usage, what } of OPERATION_HELP) {
		expect(usage.length).toBeLessThan(34);
		expect(what.length).toBeLessThanOrEqual(44);
	}
});
