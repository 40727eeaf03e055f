import type { OomCgroup } from "@pagelab/contracts";
import { GFP, GFP_KERNEL, GFP_NOFS } from "@pagelab/gfp";
import { delay, type Steps } from "@pagelab/sim";
import { describe, expect, test } from "vitest";
import { FakeMachine } from "./testing/fake-machine.fixture.ts";

describe("a cgroup at its limit", () => {
	const limit: OomCgroup = { path: "/a", memoryMax: 2000, swapMax: 0, memoryCurrent: 2000, swapCurrent: 0 };
	const cgroups: OomCgroup[] = [
		{ path: "/", memoryCurrent: 0, swapCurrent: 0 },
		limit,
		{ path: "/a/x", memoryCurrent: 0, swapCurrent: 0 },
		{ path: "/ab", memoryCurrent: 0, swapCurrent: 0 },
	];
	const processes = [
		{ pid: 1 },
		{ pid: 9, memcg: "/ab", mm: { rssAnon: 90_000 } },
		{ pid: 30, memcg: "/a/x", mm: { rssAnon: 700 } },
		{ pid: 31, memcg: "/a", mm: { rssAnon: 700 } },
		{ pid: 32, memcg: "/a/x", mm: { rssAnon: 10 } },
	];
	const charge = (machine: FakeMachine, pid = 32, order = 0): boolean =>
		machine.run(() =>
			machine.killer.memCgroupOutOfMemory({
				memcg: "/a",
				gfp: GFP_KERNEL,
				order,
				context: { task: machine.task(pid), preemptCount: 0, rtTask: false, process: { killPending: pid === 31 } },
			}),
		);

	test("only its own tasks are looked at, group by group, the later one wins a tie", () => {
		const machine = new FakeMachine({ processes, cgroups });
		expect(charge(machine)).toBe(true);
		expect(machine.killed).toEqual([30]);
		const summary = machine.records.find((record) => record.kind === "summary");
		expect(summary).toMatchObject({ constraint: "MEMCG", oomMemcg: "/a", taskMemcg: "/a/x" });
		const table = machine.records.find((record) => record.kind === "header")?.tasks?.map(({ pid }) => pid);
		expect(table).toEqual([31, 30, 32]);
	});

	test("orders above 3 are refused without a kill", () => {
		const machine = new FakeMachine({ processes, cgroups });
		expect(charge(machine, 32, 4)).toBe(false);
		expect(machine.records).toEqual([]);
	});

	test("margin that appeared meanwhile, or a task that is dying: try again, nobody dies", () => {
		const roomy = new FakeMachine({ processes, cgroups, memcgMargin: 4 });
		expect(charge(roomy, 32, 2)).toBe(true);
		expect(roomy.records).toEqual([]);
		expect(charge(roomy, 32, 3)).toBe(true);
		expect(roomy.killed).toEqual([30]);
		const dying = new FakeMachine({ processes, cgroups });
		expect(charge(dying, 31)).toBe(true);
		expect(dying.records).toEqual([]);
	});

	test("a fatal signal ends the wait for oom_lock", () => {
		const machine = new FakeMachine({ processes, cgroups });
		const { killer, scheduler } = machine;
		const context = { task: machine.task(32), preemptCount: 0, rtTask: false };
		scheduler.spawn(function* (): Steps<void> {
			killer.tryLock();
			yield delay(100);
			killer.unlock();
		});
		const answers: boolean[] = [];
		const waiter = scheduler.spawn(function* (): Steps<void> {
			answers.push(yield* killer.memCgroupOutOfMemory({ memcg: "/a", gfp: GFP_KERNEL, order: 0, context }));
		});
		machine.pass(0.01);
		scheduler.kill(waiter);
		machine.pass(0.01);
		expect(answers).toEqual([true]);
		expect(machine.records).toEqual([]);
	});

	test("nobody can be killed: no panic, the charge fails; panic_on_oom=1 does not count, 2 does", () => {
		const spared = processes.map((p) => ({ ...p, oomScoreAdj: -1000 }));
		const machine = new FakeMachine({ processes: spared, cgroups, sysctls: { panicOnOom: 1 } });
		expect(charge(machine)).toBe(false);
		expect(machine.kinds).toEqual(["header", "no killable"]);
		machine.sysctls.panicOnOom = 2;
		expect(() => charge(machine)).toThrow("compulsory");
	});

	test("a mask without __GFP_FS kills here, and the allocating task is not preferred", () => {
		const machine = new FakeMachine({ processes, cgroups, notified: 9, sysctls: { oomKillAllocatingTask: true } });
		const context = { task: machine.task(32), preemptCount: 0, rtTask: false };
		machine.run(() => machine.killer.memCgroupOutOfMemory({ memcg: "/a", gfp: GFP_NOFS & ~GFP.IO, order: 0, context }));
		expect(machine.killed).toEqual([30]);
		expect(machine.log[0]).toBe("kill 30");
	});

	describe("memory.oom.group", () => {
		const grouped = (path: string): OomCgroup[] => cgroups.map((c) => ({ ...c, oomGroup: c.path === path }));

		test("all of the group die, the victim twice in the log, adj -1000 stays", () => {
			const spared = { pid: 33, memcg: "/a", oomScoreAdj: -1000, mm: { rssAnon: 9 } };
			const machine = new FakeMachine({ processes: [...processes, spared], cgroups: grouped("/a") });
			charge(machine);
			expect(machine.killed).toEqual([30, 31, 30, 32]);
			expect(machine.kinds.slice(0, 5)).toEqual(["header", "summary", "killed", "group", "killed"]);
			expect(machine.killer.isVictim(33)).toBe(false);
			expect(machine.killer.victims).toBe(3);
			machine.killer.validate();
		});

		test("the highest group up to the cgroup at its limit counts, not one above it", () => {
			const below = new FakeMachine({ processes, cgroups: grouped("/a/x") });
			charge(below);
			expect(below.killed).toEqual([30, 30, 32]);
			const above = new FakeMachine({ processes, cgroups: grouped("/") });
			charge(above);
			expect(above.killed).toEqual([30]);
		});

		test("a member that has lost its mm is not killed again", () => {
			const gone = { pid: 34, memcg: "/a", mm: "none" } as const;
			const machine = new FakeMachine({ processes: [...processes, gone], cgroups: grouped("/a") });
			charge(machine);
			expect(machine.records.filter(({ kind }) => kind === "exiting")).toEqual([
				{ kind: "exiting", message: "Memory cgroup out of memory", pid: 34, comm: "p34" },
			]);
		});

		test("a group counts in a global OOM too", () => {
			const machine = new FakeMachine({
				processes: processes.filter(({ pid }) => pid !== 9),
				cgroups: grouped("/a/x"),
			});
			machine.outOfMemory(1);
			expect(machine.killed).toEqual([31]);
			machine.exit(31);
			machine.outOfMemory(1);
			expect(machine.killed).toEqual([31, 30, 30, 32]);
		});
	});
});
