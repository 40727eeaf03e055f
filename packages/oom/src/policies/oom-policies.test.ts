import { describe, expect, test } from "vitest";
import { oomPolicyViolations } from "../oom-policy-contract.ts";
import { OOM_POLICIES, oomPolicy } from "./oom-policies.ts";

describe("every policy keeps the contract on all enumerated histories", () => {
	test.each(OOM_POLICIES.map((policy) => [policy.id, policy] as const))("%s", (_id, policy) => {
		expect(oomPolicyViolations(policy)).toEqual([]);
	});
});

test("the registry has unique ids, finds a policy and suggests the nearest", () => {
	const ids = OOM_POLICIES.map((policy) => policy.id);
	expect(new Set(ids).size).toBe(ids.length);
	for (const policy of OOM_POLICIES) expect(oomPolicy(policy.id)).toBe(policy);
	expect(() => oomPolicy("kernel-7")).toThrow("did you mean kernel-6?");
	expect(() => oomPolicy("zzzzzzzzzzzz")).toThrow("expected one of kernel-6, kernel-4.19");
});

test("every policy says what it does, where that stands and how well it is known", () => {
	for (const { id, claim, source, evidence } of OOM_POLICIES) {
		expect(id).toMatch(/^[a-z0-9.]+(-[a-z0-9.]+)*$/);
		expect(claim).toMatch(/^[A-Z].*\.$/);
		expect(source).not.toBe("");
		expect(["recorded", "read in source", "inferred"]).toContain(evidence);
	}
});
