import { KERNEL_IDS } from "@pagelab/base";
import { expect, test } from "vitest";
import { type Exit, EXITS, exitCases, exitOf, runExitCase } from "./exits.fixture.ts";

const TWELVE = Array.from({ length: 12 }, (_, i) => i + 1);

test("a plain GFP_KERNEL request of order <= 3 never returns NULL, whatever else is true", () => {
	for (const each of exitCases(0, KERNEL_IDS)) {
		const run = runExitCase(each);
		expect(run.end, JSON.stringify(each)).not.toBe("NULL");
		expect(run.end).toBe(each.free === 0 ? "loops" : "page");
	}
});

/** What makes a difference for this one although it does not alone: exceptions that slowpath.md names itself. */
function isExcepted(exit: Exit, circumstance: string): boolean {
	// The victim's test of its exit asks for ALLOC_OOM or NOMEMALLOC, and MEMALLOC goes before ALLOC_OOM; an interrupt-like
	// context has no ALLOC_OOM. Then it loops.
	if (exit.exit === 6 && ["MEMALLOC", "BH disabled"].includes(circumstance)) return true;
	// somebody in the OOM killer, and every OOM step reports progress
	if ([7, 8, 9, 10].includes(exit.exit) && circumstance === "oom_lock taken") return true;
	if (exit.name === "RETRY_MAYFAIL" && circumstance === "oom_lock taken") return true;
	// A pending victim answers before anybody looks whether the killer is disabled here: the circumstances exclude each other.
	if (exit.exit === 7 && circumstance === "victim pending") return true;
	// The charge is forced.
	return exit.exit === 12 && circumstance === "HIGH";
}

test("each of the twelve leads to NULL by itself, and by its own exit", () => {
	const found = new Set<number>();
	for (const each of exitCases(1, KERNEL_IDS)) {
		const [exit] = each.exits;
		const [harmless] = each.circumstances;
		if (exit === undefined || harmless === undefined) throw new Error("no case");
		const run = runExitCase(each);
		if (run.end === "NULL") {
			found.add(exitOf(run, each));
			expect(exitOf(run, each), run.rungs.join(", ")).toBe(exit.exit);
		}
		// Faults, nodemasks and cpusets do not depend on memory; the charge needs a page; all else needs a shortage.
		const short = each.free === 0;
		const applies = [1, 2].includes(exit.exit) || (exit.exit === 12) !== short;
		if (!applies || isExcepted(exit, harmless.name)) continue;
		expect([run.end, harmless.name, exit.name, each.kernel, each.order, each.free]).toEqual([
			"NULL",
			harmless.name,
			exit.name,
			each.kernel,
			each.order,
			each.free,
		]);
	}
	expect([...found].sort((a, b) => a - b)).toEqual(TWELVE);
});

test("the list has twelve", () => {
	expect([...new Set(EXITS.map((e) => e.exit))]).toEqual(TWELVE);
});
