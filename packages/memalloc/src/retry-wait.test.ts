import { asGfp, asTaskFlags } from "@pagelab/base";
import { GFP, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT } from "@pagelab/gfp";
import { expect, test } from "vitest";
import { kernelScopes } from "./kernel-scopes.ts";
import { noreclaimScopes } from "./noreclaim-scopes.ts";
import { memallocRetryWaitJiffies } from "./retry-wait.ts";
import { PF } from "./task-flags.ts";

const v612 = { rule: kernelScopes, hz: 250 };
const wait = (gfp: number, flags = 0, setup = v612): number =>
	memallocRetryWaitJiffies(asGfp(gfp), asTaskFlags(flags), setup);

test("one jiffy for a mask that may block, 20 ms for others (memalloc-scopes.md §9)", () => {
	for (const gfp of [GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_KERNEL | GFP.NOFAIL]) expect(wait(gfp)).toBe(1);
	for (const gfp of [GFP_NOWAIT, GFP_KERNEL | GFP.NORETRY]) expect(wait(gfp)).toBe(5);
});

test("HZ / 50 in jiffies of 100, 250, 300 and 1000 a second, rounded down", () => {
	expect([100, 250, 300, 1000].map((hz) => wait(GFP_NOWAIT, 0, { ...v612, hz }))).toEqual([2, 5, 6, 20]);
});

test("the scoped mask counts: a NORECLAIM scope of 6.11 waits longer, NOFS does not", () => {
	expect(wait(GFP_KERNEL, PF.MEMALLOC_NORECLAIM, { rule: noreclaimScopes, hz: 250 })).toBe(5);
	expect(wait(GFP_KERNEL, PF.MEMALLOC_NORECLAIM)).toBe(1);
	expect(wait(GFP_KERNEL, PF.MEMALLOC_NOFS)).toBe(1);
});
