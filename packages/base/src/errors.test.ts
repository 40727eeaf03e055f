import { expect, test } from "vitest";
import { InputError, invariant, InvariantError } from "./errors.ts";
import { parseKernelId } from "./kernel-id.ts";
import { nearestName } from "./nearest-name.ts";

test("an input error describes its position in front of the sentence", () => {
	expect(new InputError("expected a number", { file: "a.json", line: 3 }).describe()).toBe(
		"a.json:3: expected a number",
	);
	expect(new InputError("ends early", { file: "a.gz", offset: 17 }).describe()).toBe("a.gz:byte 17: ends early");
	expect(new InputError("expected a number").describe()).toBe("expected a number");
});

test("a broken invariant is not an input error", () => {
	expect(() => invariant(false, "count")).toThrow(InvariantError);
	expect(() => invariant(true, "count")).not.toThrow();
});

test("kernel ids parse with and without v; unknown ones name the known", () => {
	expect(parseKernelId("6.12.117")).toBe("v6.12.117");
	expect(() => parseKernelId("v7.0")).toThrow(/v6\.11, v6\.12\.0, v6\.12\.117/);
});

test("the nearest name is suggested, a far one is not", () => {
	expect(nearestName("pre-revrt", ["pre-revert", "post-revert"])).toBe("pre-revert");
	expect(nearestName("xyz", ["pre-revert", "post-revert"])).toBeUndefined();
});
