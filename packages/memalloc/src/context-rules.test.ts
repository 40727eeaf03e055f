import { asGfp, asTaskFlags, KERNEL_IDS } from "@pagelab/base";
import { GFP, GFP_KERNEL } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { contextRuleViolations } from "./context-rule-contract.ts";
import type { ContextRule } from "./context-rule.ts";
import { CONTEXT_RULES, contextRule } from "./context-rules.ts";
import { kernelScopes } from "./kernel-scopes.ts";
import { noScopes } from "./no-scopes.ts";
import { noreclaimScopes } from "./noreclaim-scopes.ts";
import { nowaitScopes } from "./nowait-scopes.ts";
import { memallocProfile } from "./profile.ts";
import { parseTaskFlags } from "./task-flags-text.ts";
import { PF } from "./task-flags.ts";

const narrow = (rule: ContextRule, flags: number, gfp: number): number => rule.narrow(asTaskFlags(flags), asGfp(gfp));

/** memalloc-scopes.md §3: flags, mask in, out in 6.11, out in 6.12 (- where the flag does not exist). */
const SECTION_3 = `
0                  0xcc0    0xcc0    0xcc0
NOFS               0xcc0    0xc40    0xc40
NOIO               0xcc0    0xc00    0xc00
NOFS|NOIO          0xcc0    0xc00    0xc00
NORECLAIM          0xcc0    0x8c0    -
NORECLAIM|NOFS     0xcc0    0x8c0    -
NORECLAIM|NOWARN   0xc40    0x2840   -
NORECLAIM          0x8cc0   0x88c0   -
NORECLAIM|NOWARN   0x8cc0   0xa8c0   -
PIN                0x100cca 0x100cc2 0x100cc2
NOFS               0x820    0x820    0x820
NOIO               0x820    0x820    0x820
NORECLAIM          0x820    0x820    -
NOWARN             0x820    0x2820   -
`;

describe("the table of memalloc-scopes.md §3", () => {
	const rows = SECTION_3.trim()
		.split("\n")
		.map((line) => line.split(/\s+/));

	test.each(rows)("6.11: %s, %s → %s", (names, input, expected) => {
		const flags = parseTaskFlags(names ?? "", { kernel: "v6.11" });
		expect(narrow(memallocProfile("v6.11").contextRule.value, flags, Number(input))).toBe(Number(expected));
	});

	test.each(rows.filter((row) => row[3] !== "-"))("6.12: %s, %s → (6.11 %s) %s", (names, input, _out611, expected) => {
		const flags = parseTaskFlags(names ?? "", { kernel: "v6.12.117" });
		for (const kernel of ["v6.12.0", "v6.12.117"] as const) {
			expect(narrow(memallocProfile(kernel).contextRule.value, flags, Number(input))).toBe(Number(expected));
		}
	});
});

test("6.12 reads neither of the dropped bits, whatever they mean there", () => {
	expect(narrow(kernelScopes, PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_NOWARN, 0xcc0)).toBe(0xcc0);
	expect(narrow(kernelScopes, PF.NO_NOTIFY_SIGNAL | PF.MEMALLOC_NOFS, 0xcc0)).toBe(0xc40);
});

test("no rule reads PF_MEMALLOC, which is tested in the slow path instead", () => {
	for (const rule of CONTEXT_RULES) expect(narrow(rule, PF.MEMALLOC, 0xcc0)).toBe(0xcc0);
});

test("6.11 gives bcachefs' first attempt KSWAPD|IO|NOWARN, 6.12 would get it as an explicit mask (thread.md §1.1)", () => {
	const scope = PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_NOWARN;
	expect(narrow(noreclaimScopes, scope, GFP.RECLAIM | GFP.IO)).toBe(GFP.KSWAPD_RECLAIM | GFP.IO | GFP.NOWARN);
});

test("the nowait proposal clears DIRECT_RECLAIM first and hides NOIO and NOFS; NOWARN only in the 2020 revision", () => {
	const all = PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_NOIO | PF.MEMALLOC_NOWARN;
	// vmalloc-2025.md §9: a page-table page, 0xdc0, becomes 0x9c0.
	expect(narrow(nowaitScopes(), PF.MEMALLOC_NORECLAIM, 0xdc0)).toBe(0x9c0);
	expect(narrow(nowaitScopes(), all, 0xcc0)).toBe(0x8c0);
	expect(narrow(nowaitScopes({ setsNowarn: true }), all, 0xcc0)).toBe(0x28c0);
	expect(narrow(nowaitScopes(), PF.MEMALLOC_NOIO, 0xcc0)).toBe(0xc00);
});

test("the control changes nothing", () => {
	expect(narrow(noScopes, 0xffffffff, GFP_KERNEL)).toBe(GFP_KERNEL);
});

describe("every rule keeps the contract: all flag sets × all masks of the bits that matter", () => {
	test.each(CONTEXT_RULES.map((rule) => [rule.id, rule] as const))("%s", (_id, rule) => {
		expect(contextRuleViolations(rule)).toEqual([]);
	});
});

test("the registry has unique ids, finds a rule and suggests the nearest", () => {
	const ids = CONTEXT_RULES.map((rule) => rule.id);
	expect(new Set(ids).size).toBe(ids.length);
	for (const rule of CONTEXT_RULES) expect(contextRule(rule.id).id).toBe(rule.id);
	expect(() => contextRule("norecaim")).toThrow("did you mean noreclaim?");
	expect(() => contextRule("zzzzzzzzzzzz")).toThrow("expected one of kernel, noreclaim, nowait");
});

test("each kernel has a profile slice with evidence and source", () => {
	for (const kernel of KERNEL_IDS) {
		for (const row of Object.values(memallocProfile(kernel))) {
			expect(row.evidence).toBe("read in source");
			expect(row.source).toMatch(/\.md §\d/);
		}
	}
});
