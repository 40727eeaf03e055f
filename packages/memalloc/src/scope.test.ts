import { InvariantError } from "@pagelab/base";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemallocScopes, type MemallocScope } from "./scope.ts";
import { ScopeMisuseError, type ScopeMisuse } from "./scope-misuse-error.ts";
import { memallocNofsSave, memallocRestore } from "./save-restore.ts";
import { PF } from "./task-flags.ts";
import { createTask, type Task } from "./task.ts";

const { MEMALLOC_NOFS: NOFS, MEMALLOC_NOIO: NOIO } = PF;

/** Two tasks and a way to say who runs. */
function twoTasks(place?: () => string) {
	const a = createTask("a", 1);
	const b = createTask("b", 2);
	const running = { task: a };
	const scopes = new MemallocScopes({ current: () => running.task, ...(place && { place }) });
	return { a, b, scopes, run: (task: Task) => (running.task = task) };
}

/** The misuse that `act` is reported for. */
function misuseOf(act: () => void): ScopeMisuseError {
	try {
		act();
	} catch (error) {
		if (error instanceof ScopeMisuseError) return error;
		throw error;
	}
	throw new Error("nothing was reported");
}

const facts = (error: ScopeMisuseError): [ScopeMisuse, string, string] => [
	error.misuse,
	error.openedAt,
	error.misusedAt,
];

describe("using", () => {
	test("opens and ends in the kernel's order with the kernel's values", () => {
		const { a, scopes } = twoTasks();
		{
			using outer = scopes.nofs("outer");
			expect([a.flags, outer.saved]).toEqual([NOFS, NOFS]);
			{
				using inner = scopes.open(NOFS | NOIO, "inner");
				expect([a.flags, inner.saved, inner.flags]).toEqual([NOFS | NOIO, NOIO, NOFS | NOIO]);
			}
			expect(a.flags).toBe(NOFS);
			scopes.validate();
		}
		expect(a.flags).toBe(0);
		scopes.checkClosed("the end");
	});

	test("ends when the block throws", () => {
		const { a, scopes } = twoTasks();
		const fails = (): void => {
			using scope = scopes.noio("write");
			throw new Error(`disk, with ${scope.saved}`);
		};
		expect(fails).toThrow(`disk, with ${NOIO}`);
		expect(a.flags).toBe(0);
	});

	test("every wrapper sets its own bit, and noreclaim sets PF_MEMALLOC (the name trap)", () => {
		const { a, scopes } = twoTasks();
		const bitOf = (open: () => MemallocScope): number => {
			using scope = open();
			expect(scope.saved).toBe(a.flags);
			return a.flags;
		};
		expect(bitOf(() => scopes.nofs())).toBe(PF.MEMALLOC_NOFS);
		expect(bitOf(() => scopes.noio())).toBe(PF.MEMALLOC_NOIO);
		expect(bitOf(() => scopes.pin())).toBe(PF.MEMALLOC_PIN);
		expect(bitOf(() => scopes.noreclaim())).toBe(PF.MEMALLOC);
		expect(bitOf(() => scopes.nowait())).toBe(PF.MEMALLOC_NORECLAIM);
	});
});

describe("misuse is reported with both places and changes nothing", () => {
	test("out of order", () => {
		const { a, scopes } = twoTasks();
		const outer = scopes.nofs("transaction begin");
		const inner = scopes.noio("page table");
		const error = misuseOf(() => outer.end("transaction end"));
		expect(facts(error)).toEqual(["out of order", "transaction begin", "transaction end"]);
		expect(error.message).toBe(
			"scope PF_MEMALLOC_NOFS of a/1 opened at transaction begin was ended at transaction end while " +
				"scope PF_MEMALLOC_NOIO of a/1 opened at page table is still open",
		);
		expect(a.flags).toBe(NOFS | NOIO);
		inner.end();
		outer.end();
		expect(a.flags).toBe(0);
	});

	test("ended twice", () => {
		const { a, scopes } = twoTasks();
		const scope = scopes.nofs("begin");
		scope.end("commit");
		const later = scopes.nofs("begin 2");
		const error = misuseOf(() => scope.end("abort"));
		expect(facts(error)).toEqual(["ended twice", "begin", "abort"]);
		expect(error.message).toContain("was ended at commit and again at abort");
		expect(scope.endedAt).toBe("commit");
		// The plain functions would have cleared the bit of the later scope here (memalloc-scopes.md §2).
		expect(a.flags).toBe(NOFS);
		later.end();
	});

	test("leaked: still open at the end of the task", () => {
		const { scopes } = twoTasks();
		scopes.nofs("writepage");
		scopes.open(PF.MEMALLOC_NORECLAIM | PF.MEMALLOC_NOWARN, "bch2_new_inode");
		const error = misuseOf(() => scopes.checkClosed("exit"));
		expect(facts(error)).toEqual(["leaked", "writepage", "exit"]);
		expect(error.message).toBe(
			"scope PF_MEMALLOC_NORECLAIM|PF_MEMALLOC_NOWARN of a/1 opened at bch2_new_inode; " +
				"scope PF_MEMALLOC_NOFS of a/1 opened at writepage: still open at exit",
		);
	});

	test("leaked: an operation may run inside of a scope, but leaves none behind", () => {
		const { scopes } = twoTasks();
		using outer = scopes.nofs("caller");
		const before = scopes.innermost();
		expect(before).toBe(outer);
		const inner = scopes.noio("operation step");
		const error = misuseOf(() => scopes.checkClosed("operation end", before));
		expect(facts(error)).toEqual(["leaked", "operation step", "operation end"]);
		expect(error.message).not.toContain("caller");
		inner.end();
		scopes.checkClosed("operation end", before);
	});

	test("an operation that ends its caller's scope", () => {
		const { scopes } = twoTasks();
		const outer = scopes.nofs("caller");
		const before = scopes.innermost();
		outer.end("operation step");
		const error = misuseOf(() => scopes.checkClosed("operation end", before));
		expect(facts(error)).toEqual(["out of order", "caller", "operation end"]);
		expect(error.message).toContain("operation step");
	});

	test("carried: ended by another task", () => {
		const { a, b, scopes, run } = twoTasks();
		const scope = scopes.nofs("submit");
		run(b);
		const error = misuseOf(() => scope.end("work item"));
		expect(facts(error)).toEqual(["carried", "submit", "work item"]);
		expect(error.message).toContain("of a/1 opened at submit was ended at work item by b/2");
		expect([a.flags, b.flags]).toEqual([NOFS, 0]);
		run(a);
		scope.end();
	});

	test("carried: an operation begins in one task and ends in another", () => {
		const { b, scopes, run } = twoTasks();
		scopes.nofs("submit");
		const before = scopes.innermost();
		run(b);
		expect(facts(misuseOf(() => scopes.checkClosed("completion", before)))).toEqual([
			"carried",
			"submit",
			"completion",
		]);
	});

	test("carried: a fork inside of a scope, which copies the bits", () => {
		const { b, scopes } = twoTasks();
		scopes.checkFork(b, "kthread_create");
		const outer = scopes.nofs("transaction");
		const inner = scopes.nofs("nested");
		const error = misuseOf(() => scopes.checkFork(b, "kthread_create"));
		expect(facts(error)).toEqual(["carried", "transaction", "kthread_create"]);
		expect(error.message).toContain("into b/2 by the fork at kthread_create");
		inner.end();
		outer.end();
		scopes.checkFork(b, "kthread_create");
	});

	test("cleared: somebody restored the bits of an open scope", () => {
		const { a, scopes } = twoTasks();
		const stale = memallocNofsSave(a);
		memallocRestore(a, stale);
		const scope = scopes.nofs("begin");
		memallocRestore(a, stale);
		expect(facts(misuseOf(() => scopes.validate()))).toEqual(["cleared", "begin", "validate()"]);
		const error = misuseOf(() => scope.end("end"));
		expect(facts(error)).toEqual(["cleared", "begin", "end"]);
		expect(error.message).toContain("lost PF_MEMALLOC_NOFS");
	});

	test("scopes of two tasks do not disturb each other", () => {
		const { a, b, scopes, run } = twoTasks();
		const ofA = scopes.nofs("a");
		run(b);
		const ofB = scopes.noio("b");
		run(a);
		ofA.end();
		scopes.checkClosed();
		run(b);
		expect(scopes.innermost()).toBe(ofB);
		expect(scopes.innermost(a)).toBeUndefined();
		ofB.end();
		scopes.validate();
		expect([a.flags, b.flags]).toEqual([0, 0]);
	});
});

describe("places that the caller left out", () => {
	test("are numbered in call order", () => {
		const { scopes } = twoTasks();
		scopes.nofs();
		expect(misuseOf(() => scopes.checkClosed()).message).toContain("opened at place #1: still open at place #2");
	});

	test("come from the given function", () => {
		const { scopes } = twoTasks(() => "fs.c:12");
		expect(scopes.nofs().openedAt).toBe("fs.c:12");
	});
});

const FLAG_SETS = [NOFS, NOIO, NOFS | NOIO, PF.MEMALLOC, PF.MEMALLOC_PIN | NOFS, 0];

/** Two tasks beside a slow twin: for each task the list of its open scopes, and nothing else. */
class Twin {
	readonly #setup = twoTasks();
	readonly #tasks = [this.#setup.a, this.#setup.b];
	readonly #open: MemallocScope[][] = [[], []];

	/** One random step; returns what was reported, and what should have been. */
	step({ task, action, pick }: { task: number; action: "open" | "end" | "endAny"; pick: number }): [string, string] {
		const { scopes, run, a } = this.#setup;
		run(this.#tasks[task] ?? a);
		const mine = this.#open[task] ?? [];
		if (action === "open") {
			mine.push(scopes.open(FLAG_SETS[pick % FLAG_SETS.length] ?? 0));
			return ["", ""];
		}
		const all = action === "end" ? mine.slice(-1) : this.#open.flat();
		const chosen = all[pick % Math.max(all.length, 1)];
		if (chosen === undefined) return ["", ""];
		if (chosen !== mine.at(-1)) {
			return [misuseOf(() => chosen.end()).misuse, mine.includes(chosen) ? "out of order" : "carried"];
		}
		mine.pop()?.end();
		return ["", ""];
	}

	flags(): readonly number[] {
		return this.#tasks.map((task) => task.flags);
	}

	/** The union of the open scopes of each task. */
	flagsRecounted(): readonly number[] {
		return this.#open.map((open) => open.reduce((flags, scope) => flags | scope.flags, 0));
	}

	validate(): void {
		this.#setup.scopes.validate();
	}

	/** For each task whether the check at its end passes, and whether it should. */
	close(): readonly (readonly [boolean, boolean])[] {
		return this.#tasks.map((task, i) => {
			this.#setup.run(task);
			const open = this.#open[i] ?? [];
			try {
				this.#setup.scopes.checkClosed();
				return [true, open.length === 0];
			} catch {
				return [false, open.length === 0];
			}
		});
	}
}

test("against a slow twin: legal ends succeed, illegal ones are reported as what they are, flags are the union", () => {
	const step = fc.record({
		task: fc.nat(1),
		action: fc.constantFrom("open" as const, "open" as const, "end" as const, "endAny" as const),
		pick: fc.nat(9),
	});
	fc.assert(
		fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
			const twin = new Twin();
			for (const s of steps) {
				const [reported, expected] = twin.step(s);
				expect(reported).toBe(expected);
				expect(twin.flags()).toEqual(twin.flagsRecounted());
				twin.validate();
			}
			for (const [passed, clean] of twin.close()) expect(passed).toBe(clean);
		}),
	);
});

test("validate() finds a scope whose saved bits are not what it asked for", () => {
	const { scopes } = twoTasks();
	const scope = scopes.nofs();
	Object.assign(scope, { flags: 0 });
	expect(() => scopes.validate()).toThrow(InvariantError);
});
