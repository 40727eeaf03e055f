import fc from "fast-check";
import { expect, test } from "vitest";
import { kernel419 } from "./policies/kernel-4-19.ts";
import { kernel6 } from "./policies/kernel-6.ts";
import { largestRssPolicy } from "./policies/largest-rss.ts";
import { FakeMachine, Panic } from "./testing/fake-machine.fixture.ts";

type Step =
	| { readonly do: "oom"; readonly who: number; readonly fs: boolean }
	| { readonly do: "sysrq" }
	| { readonly do: "pass"; readonly tenths: number }
	| { readonly do: "exit mm" | "exit" | "grow"; readonly who: number }
	| { readonly do: "busy"; readonly times: number };

const who = fc.nat(7);
const step: fc.Arbitrary<Step> = fc.oneof(
	fc.record({ do: fc.constant("oom" as const), who, fs: fc.boolean() }),
	fc.record({ do: fc.constant("sysrq" as const) }),
	fc.record({ do: fc.constant("pass" as const), tenths: fc.nat(40) }),
	fc.record({ do: fc.constantFrom("exit mm" as const, "exit" as const, "grow" as const), who }),
	fc.record({ do: fc.constant("busy" as const), times: fc.nat(15) }),
);

const processes = fc.array(
	fc.record({
		mm: fc.record({ id: fc.integer({ min: 100, max: 106 }), rssAnon: fc.nat(5000) }),
		oomScoreAdj: fc.constantFrom(-1000, -500, 0, 0, 0, 800),
		kind: fc.constantFrom("user" as const, "user" as const, "user" as const, "kthread" as const),
	}),
	{ minLength: 1, maxLength: 8 },
);

/** What must hold after each step, seen from outside. */
function expectSane(machine: FakeMachine, killed: readonly number[]): void {
	machine.killer.validate();
	machine.scheduler.validate();
	for (const record of machine.records.slice(killed.length)) {
		if (record.kind !== "killed") continue;
		expect(record.task.kind).toBe("user");
		expect(record.task.oomScoreAdj).not.toBe(-1000);
	}
}

function act(machine: FakeMachine, doing: Step): void {
	const pids = machine.processes.map(({ pid }) => pid);
	const pid = "who" in doing ? (pids[doing.who % Math.max(1, pids.length)] ?? 0) : 0;
	switch (doing.do) {
		case "oom": {
			const before = machine.killed.length;
			const pending = machine.processes.some((p) => p.kind === "user" && machine.isPending(p.pid));
			const progress = machine.outOfMemory(pid, { gfp: doing.fs ? 0xcc0 : 0xc40 });
			expect(progress).toBe(true);
			// Nobody dies without __GFP_FS, nor while a victim is pending.
			if (!doing.fs || pending) expect(machine.killed.length).toBe(before);
			break;
		}
		case "sysrq":
			machine.run(() => machine.killer.sysrqF(machine.task(1)));
			break;
		case "pass":
			machine.pass(doing.tenths / 10);
			break;
		case "exit mm":
			if (pid === 1) break;
			machine.update(pid, { mm: undefined });
			machine.killer.exitMm(pid);
			break;
		case "exit":
			if (pid !== 1) machine.exit(pid);
			break;
		case "grow": {
			const mm = machine.processes.find((p) => p.pid === pid)?.mm;
			if (mm !== undefined) machine.update(pid, { mm: { ...mm, rssAnon: mm.rssAnon + 100 } });
			break;
		}
		default:
			machine.mmapLockBusy = doing.times;
	}
}

test("whatever happens on a machine, the killer keeps its books and spares who may not die", () => {
	const policies = fc.constantFrom(kernel6, kernel419, largestRssPolicy);
	fc.assert(
		fc.property(processes, fc.array(step, { maxLength: 25 }), policies, (given, steps, policy) => {
			const machine = new FakeMachine({
				processes: [{ pid: 1, mm: "none" }, ...given.map((p, i) => ({ ...p, pid: 10 + i }))],
				policy,
			});
			try {
				for (const doing of steps) {
					const before = machine.killed;
					act(machine, doing);
					expectSane(machine, before);
				}
			} catch (error) {
				// Nobody is left: a legal end.
				if (!(error instanceof Panic)) throw error;
				expect(error.message).toBe("System is deadlocked on memory");
				return;
			}
			machine.pass(60);
			// A minute later no victim blocks anybody.
			expect(machine.processes.some((p) => machine.isPending(p.pid))).toBe(false);
			machine.killer.validate();
		}),
		{ numRuns: 400 },
	);
});
