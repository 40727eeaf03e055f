import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatTaskFlags, parseTaskFlags } from "./task-flags-text.ts";
import { PF, TASK_FLAG_KERNELS } from "./task-flags.ts";

test("the dropped bits have names in 6.11 only", () => {
	const flags = PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_NOWARN;
	expect(formatTaskFlags(flags, "v6.11")).toBe("PF_MEMALLOC_NORECLAIM|PF_MEMALLOC_NOWARN");
	expect(formatTaskFlags(flags, "v6.12.0")).toBe("0x1800000");
	expect(formatTaskFlags(flags, "v6.12.117")).toBe("PF_NO_NOTIFY_SIGNAL|0x1000000");
	expect(formatTaskFlags(0, "v6.11")).toBe("0");
});

test("parsing undoes formatting, for any bits and kernel", () => {
	fc.assert(
		fc.property(fc.nat(0xffffffff), fc.constantFrom(...TASK_FLAG_KERNELS), (flags, kernel) => {
			expect(parseTaskFlags(formatTaskFlags(flags, kernel), { kernel })).toBe(flags);
		}),
	);
});

test.each([
	["NOFS", PF.MEMALLOC_NOFS],
	["MEMALLOC_NOIO", PF.MEMALLOC_NOIO],
	["PF_MEMALLOC_PIN", PF.MEMALLOC_PIN],
	["NOFS | PIN", PF.MEMALLOC_NOFS | PF.MEMALLOC_PIN],
	["MEMALLOC|0x40000", PF.MEMALLOC | PF.MEMALLOC_NOFS],
	["", 0],
	["0", 0],
])("%j is read", (text, flags) => {
	expect(parseTaskFlags(text, { kernel: "v6.12.117" })).toBe(flags);
});

test("a flag that the kernel lacks is refused with the kernels that have it, unless a context rule knows it", () => {
	expect(() => parseTaskFlags("NORECLAIM", { kernel: "v6.12.117" })).toThrow(
		"PF_MEMALLOC_NORECLAIM does not exist in v6.12.117, only in v6.11",
	);
	expect(parseTaskFlags("NORECLAIM", { kernel: "v6.11" })).toBe(0x800000);
	expect(parseTaskFlags("NORECLAIM", { kernel: "v6.12.117", alsoFlags: PF.MEMALLOC_NORECLAIM })).toBe(0x800000);
});

test("an unknown flag is refused with the nearest spelling, or with what was expected", () => {
	expect(() => parseTaskFlags("NORECLIAM", { kernel: "v6.11" })).toThrow("did you mean NORECLAIM?");
	expect(() => parseTaskFlags("NOFS||PIN", { kernel: "v6.11" })).toThrow('unknown task flag ""');
	expect(() => parseTaskFlags("0x123456789", { kernel: "v6.11" })).toThrow("expected a name such as");
});
