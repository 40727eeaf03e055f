import { expect, test } from "vitest";
import { formatNodemask } from "./nodemask.ts";

test("nodes are printed as ranges, ascending", () => {
	expect(formatNodemask(new Set([0]))).toBe("0");
	expect(formatNodemask(new Set([3, 0, 1]))).toBe("0-1,3");
	expect(formatNodemask(new Set([0, 1, 2, 3]))).toBe("0-3");
	expect(formatNodemask(new Set([0, 2, 4, 5]))).toBe("0,2,4-5");
	expect(formatNodemask(new Set())).toBe("");
});
