import { KERNEL_IDS } from "@pagelab/base";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { formatAllocFailure, type ZoneNumbers } from "@pagelab/slow-path";
import { describe, expect, test } from "vitest";
import { ScopeMachine, type ScopeOutcome } from "./scope-machine.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const NOFAIL = GFP_KERNEL | GFP.NOFAIL;
const NOWARN = GFP_KERNEL | GFP.NOWARN;

/** 512 MiB, nearly all of it free, in blocks of all orders. */
const ROOMY: ZoneNumbers[] = [{ free: 120_000, min: 1000, low: 1250, high: 1500, managed: 131_072 }];
/** The same with nothing left. */
const EMPTY: ZoneNumbers[] = [{ free: 0, min: 1000, low: 1250, high: 1500, managed: 131_072 }];

/** How a call ended and what was said, in words: `ok`, `NULL`, `loops`, then warnings and the message. */
function said(outcome: ScopeOutcome): string {
	const { ok, waited, warnings, report } = outcome;
	const message =
		report === undefined ? [] : [/^cat: (.*), mode:/.exec(formatAllocFailure(report)[0] ?? "")?.[1] ?? ""];
	return [
		ok ? "ok" : waited && warnings.length + message.length === 0 ? "NULL or loops" : "NULL",
		...warnings,
		...message,
	].join("; ");
}

type Call = "allocPages" | "kmalloc" | "kvmalloc" | "vmalloc";

/** Each row on a machine that has just booted, for all latches are open then. */
function call(kernel: (typeof KERNEL_IDS)[number], what: Call, gfp: number, amount: number, zones = ROOMY): string {
	const machine = new ScopeMachine(kernel, zones);
	const bytes = { gfp, size: amount, taskFlags: 0 };
	return said(
		what === "allocPages"
			? machine.allocPages({ gfp, order: amount, taskFlags: 0 }, zones)
			: machine[what](bytes, zones),
	);
}

/** sizes-and-limits.md §1 and §3, row by row: what is asked for, and what comes of it in all three kernels. */
const SAME: readonly (readonly [row: string, what: Call, gfp: number, amount: number, outcome: string])[] = [
	["MAX_PAGE_ORDER: order 10 is legal", "allocPages", GFP_KERNEL, 10, "ok"],
	["MAX_PAGE_ORDER: order 11 is not", "allocPages", GFP_KERNEL, 11, "NULL; ORDER_TOO_LARGE"],
	["MAX_PAGE_ORDER: with __GFP_NOWARN", "allocPages", NOWARN, 11, "NULL"],
	["MAX_PAGE_ORDER: beats __GFP_NOFAIL", "allocPages", NOFAIL, 11, "NULL; ORDER_TOO_LARGE"],
	["KMALLOC_MAX_SIZE: 4 MiB is order 10", "kmalloc", GFP_KERNEL, 4 * MIB, "ok"],
	["KMALLOC_MAX_SIZE: one byte more", "kmalloc", GFP_KERNEL, 4 * MIB + 1, "NULL; ORDER_TOO_LARGE"],
	["KMALLOC_MAX_SIZE: kmalloc(5 MiB, NOFAIL)", "kmalloc", NOFAIL, 5 * MIB, "NULL; ORDER_TOO_LARGE"],
	["kmalloc of 0 succeeds", "kmalloc", GFP_KERNEL, 0, "ok"],
	["kvmalloc of 0 succeeds", "kvmalloc", GFP_KERNEL, 0, "ok"],
	["vmalloc of 0 does not", "vmalloc", GFP_KERNEL, 0, "NULL; VMALLOC_SIZE_ZERO"],
	["vmalloc of 0: __GFP_NOWARN does not silence it", "vmalloc", NOWARN, 0, "NULL; VMALLOC_SIZE_ZERO"],
	["vmalloc of 0: beats __GFP_NOFAIL", "vmalloc", NOFAIL, 0, "NULL; VMALLOC_SIZE_ZERO"],
	["kvmalloc(2 GiB): over INT_MAX", "kvmalloc", GFP_KERNEL, 2 * GIB, "NULL; KVMALLOC_TOO_LARGE"],
	["kvmalloc(2 GiB, NOFAIL): all the same", "kvmalloc", NOFAIL, 2 * GIB, "NULL; KVMALLOC_TOO_LARGE"],
	["kvmalloc(2 GiB, NOWARN)", "kvmalloc", NOWARN, 2 * GIB, "NULL"],
	["kvmalloc(2 GiB, NOWAIT): not even asked", "kvmalloc", GFP_NOWAIT, 2 * GIB, "NULL"],
	[
		"kvmalloc(2 GiB - 1): more than the machine has",
		"kvmalloc",
		GFP_KERNEL,
		2 * GIB - 1,
		"NULL; vmalloc error: size 2147483647, exceeds total pages",
	],
	[
		"vmalloc(3 GiB): more than the machine has",
		"vmalloc",
		GFP_KERNEL,
		3 * GIB,
		"NULL; vmalloc error: size 3221225472, exceeds total pages",
	],
	[
		"vmalloc(3 GiB, NOFAIL): all the same",
		"vmalloc",
		NOFAIL,
		3 * GIB,
		"NULL; vmalloc error: size 3221225472, exceeds total pages",
	],
	["kvmalloc(256 MiB): vmalloc has room", "kvmalloc", GFP_KERNEL, 256 * MIB, "ok"],
	["kvmalloc(256 MiB, ATOMIC): kmalloc alone, and that is too large", "kvmalloc", GFP_ATOMIC, 256 * MIB, "NULL"],
];

describe.each(KERNEL_IDS)("rows of sizes-and-limits.md in %s", (kernel) => {
	test.each(SAME)("%s", (_row, what, gfp, amount, outcome) => {
		expect(call(kernel, what, gfp, amount)).toBe(outcome);
	});

	test("one latch for alloc_pages, kmalloc and slab together", () => {
		const machine = new ScopeMachine(kernel, ROOMY);
		const request = { gfp: GFP_KERNEL, size: 8 * MIB, taskFlags: 0 };
		expect(said(machine.allocPages({ gfp: GFP_KERNEL, order: 11, taskFlags: 0 }, ROOMY))).toBe("NULL; ORDER_TOO_LARGE");
		expect(said(machine.kmalloc(request, ROOMY))).toBe("NULL");
	});

	test("__GFP_NOFAIL above order 1 is only warned of; 6.11 does so on the fast path too", () => {
		const old = kernel === "v6.11";
		expect(call(kernel, "allocPages", NOFAIL, 1)).toBe("ok");
		expect(call(kernel, "allocPages", NOFAIL, 2)).toBe(old ? "ok; NOFAIL_ORDER" : "ok");
		expect(call(kernel, "allocPages", NOFAIL, 2, EMPTY)).toContain("NOFAIL_ORDER");
	});

	test("a costly __GFP_NOFAIL loops, and 6.11 warns of that once more", () => {
		const looped = call(kernel, "allocPages", NOFAIL, 4, EMPTY);
		expect(looped.includes("NOFAIL_COSTLY")).toBe(kernel === "v6.11");
	});

	test("kvmalloc up to a page stays with kmalloc, __GFP_NOFAIL included; beyond it vmalloc helps where blocks are short", () => {
		const single: ZoneNumbers[] = [{ ...(ROOMY[0] as ZoneNumbers), largest: 0 }];
		const machine = new ScopeMachine(kernel, single);
		const ask = (size: number, gfp: number): string => said(machine.kvmalloc({ size, gfp, taskFlags: 0 }, single));
		expect(ask(4096, NOFAIL)).toBe("ok");
		expect(ask(65_536, GFP_KERNEL)).toBe("ok");
		expect(ask(65_536, GFP_NOWAIT)).toBe("NULL");
	});
});
