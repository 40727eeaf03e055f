import { ALLOC, GFP_KERNEL, GFP_NOFS } from "@pagelab/gfp";
import { gfpPfmemallocFlags } from "@pagelab/memalloc";
import { delay, type Steps } from "@pagelab/sim";
import { describe, expect, test } from "vitest";
import { createOomKiller } from "./create-oom-killer.ts";
import { formatOomRecord } from "./format-oom-record.ts";
import { allocatingTaskPolicy } from "./policies/allocating-task.ts";
import { earlyoom } from "./policies/earlyoom.ts";
import { kernel419 } from "./policies/kernel-4-19.ts";
import { kernel6 } from "./policies/kernel-6.ts";
import { noKill } from "./policies/no-kill.ts";
import { oomProfile } from "./profile.ts";
import { FakeMachine, type FakeMachineOptions, Panic } from "./testing/fake-machine.fixture.ts";

const small = { pid: 10, mm: { rssAnon: 100 } };
const big = { pid: 20, mm: { rssAnon: 5000 } };
const machineWith = (options: Partial<FakeMachineOptions> = {}): FakeMachine =>
	new FakeMachine({ processes: [{ pid: 1 }, small, big], ...options });

describe("out_of_memory(): the first rule that fits (oom.md §2)", () => {
	test("9: the highest badness dies", () => {
		const machine = machineWith();
		expect(machine.outOfMemory(10)).toBe(true);
		expect(machine.killed).toEqual([20]);
		expect(machine.kinds).toEqual(["header", "summary", "killed"]);
		machine.killer.validate();
	});

	test("1: switched off, it answers false and does nothing", () => {
		const machine = machineWith({ notified: 5 });
		machine.killer.enabled = false;
		expect(machine.outOfMemory(10)).toBe(false);
		expect(machine.log).toEqual([]);
	});

	test("2: what notifiers free is progress enough", () => {
		const machine = machineWith({ notified: 1, sysctls: { panicOnOom: 2 } });
		expect(machine.outOfMemory(10)).toBe(true);
		expect(machine.log).toEqual(["notify"]);
		machine.notified = 0;
		expect(() => machine.outOfMemory(10)).toThrow(Panic);
	});

	test("3: a task that is going already gets the reserves, without a word and without a signal", () => {
		const machine = machineWith({ processes: [{ pid: 1 }, { ...small, exiting: true }, big] });
		expect(machine.outOfMemory(10, { gfp: GFP_NOFS })).toBe(true);
		expect(machine.log).toEqual(["notify", "reserves 10"]);
		expect(machine.records).toEqual([]);
		expect(machine.killer.victims).toBe(1);
	});

	test("4: without __GFP_FS nobody dies, and the allocation goes on all the same", () => {
		const machine = machineWith({ sysctls: { panicOnOom: 2 } });
		expect(machine.outOfMemory(10, { gfp: GFP_NOFS })).toBe(true);
		expect(machine.outOfMemory(10, { gfp: 0 })).toBe(true);
		expect(machine.records).toEqual([]);
	});

	test("4: a mask of 0 kills up to 6.1", () => {
		const machine = machineWith({ profile: oomProfile("v6.1") });
		machine.outOfMemory(10, { gfp: 0 });
		expect(machine.killed).toEqual([20]);
	});

	test.each([
		[0, undefined],
		[1, "Out of memory: system-wide panic_on_oom is enabled"],
		[2, "Out of memory: compulsory panic_on_oom is enabled"],
	] as const)("5: panic_on_oom=%i without constraint: %s", (panicOnOom, message) => {
		const machine = machineWith({ sysctls: { panicOnOom } });
		if (message === undefined) expect(machine.outOfMemory(10)).toBe(true);
		else expect(() => machine.outOfMemory(10)).toThrow(message);
		expect(machine.kinds).toEqual(message === undefined ? ["header", "summary", "killed"] : ["header"]);
	});

	test("6: oom_kill_allocating_task spares everybody else", () => {
		const machine = machineWith({ sysctls: { oomKillAllocatingTask: true } });
		expect(machine.outOfMemory(10)).toBe(true);
		expect(machine.killed).toEqual([10]);
		const [line] = machine.records.flatMap((r) => (r.kind === "killed" ? formatOomRecord(r) : []));
		expect(line).toMatch(/^Out of memory \(oom_kill_allocating_task\): Killed process 10 \(p10\) /);
	});

	test.each([
		["adj -1000", { pid: 10, oomScoreAdj: -1000, mm: { rssAnon: 100 } }],
		["no mm", { pid: 10, mm: "none" }],
		["a kernel thread", { pid: 10, kind: "kthread", mm: "none" }],
	] as const)("6: not where the task that asks may not die: %s", (_name, asker) => {
		const machine = machineWith({ processes: [{ pid: 1 }, asker, big], sysctls: { oomKillAllocatingTask: true } });
		expect(machine.outOfMemory(10)).toBe(true);
		expect(machine.killed).toEqual([20]);
	});

	test("7: nobody can be killed: header without summary line, then panic", () => {
		const machine = new FakeMachine({ processes: [{ pid: 1 }, { ...small, oomScoreAdj: -1000 }] });
		expect(() => machine.outOfMemory(10)).toThrow("System is deadlocked on memory");
		expect(machine.kinds).toEqual(["header", "no killable"]);
	});

	test("8: while a victim is pending nobody else dies, however big", () => {
		const machine = machineWith();
		machine.outOfMemory(10);
		machine.processes = [
			...machine.processes,
			{ ...machine.processes[2]!, pid: 30, mm: { ...machine.processes[2]!.mm!, id: 30, rssAnon: 90_000 } },
		];
		expect(machine.outOfMemory(10)).toBe(true);
		expect(machine.killed).toEqual([20]);
	});

	test("a policy that never kills answers false, as a killer that is switched off", () => {
		const machine = machineWith({ policy: noKill });
		expect(machine.outOfMemory(10)).toBe(false);
		expect(machine.records).toEqual([]);
	});
});

describe("how a victim is killed (oom.md §6)", () => {
	test("the signal goes before the reserves, other owners of the mm after both", () => {
		const shared = { rssAnon: 5000, id: 77 };
		const machine = new FakeMachine({
			processes: [
				{ pid: 1 },
				small,
				{ pid: 20, mm: shared },
				{ pid: 21, mm: shared },
				{ pid: 22, kind: "kthread", mm: shared },
			],
		});
		machine.outOfMemory(10);
		// The later of two that tie is chosen, and a kernel thread that borrows the mm is left alone.
		expect(machine.log).toEqual(["notify", "kill 21", "reserves 21", "kill 20"]);
		expect(machine.killed).toEqual([21]);
		expect([20, 21].map((pid) => machine.killer.isVictim(pid))).toEqual([false, true]);
	});

	test("init cannot be killed: an mm that it shares is not reaped", () => {
		const shared = { rssAnon: 5000, id: 77 };
		const machine = new FakeMachine({ processes: [{ pid: 1, mm: shared }, small, { pid: 20, mm: shared }] });
		machine.outOfMemory(10);
		expect(machine.kinds).toEqual(["header", "summary", "killed", "pinned"]);
		machine.pass(10);
		expect(machine.log).toEqual(["notify", "kill 20", "reserves 20"]);
		// MMF_OOM_SKIP is set, so the next OOM chooses somebody else.
		machine.outOfMemory(10);
		expect(machine.killed).toEqual([20, 10]);
	});

	test("a victim's allocations get ALLOC_OOM from then on", () => {
		const machine = machineWith();
		const flags = (): number => gfpPfmemallocFlags(GFP_KERNEL, machine.task(20), 0);
		expect(flags()).toBe(0);
		machine.outOfMemory(10);
		expect(flags()).toBe(ALLOC.OOM);
	});

	test("a chosen task that is going already gets the silent treatment", () => {
		const machine = machineWith({ processes: [{ pid: 1 }, small, { ...big, exiting: true }] });
		expect(machine.outOfMemory(10)).toBe(true);
		expect(machine.log).toEqual(["notify", "reserves 20"]);
		expect(machine.records).toEqual([]);
	});

	test.each([
		["it dumps core", { ...big, exiting: true, coreDumping: true }, []],
		[
			"another owner of its mm stays",
			{ ...big, exiting: true, mm: { rssAnon: 5000, id: 77 } },
			[{ pid: 21, mm: { id: 77 }, oomScoreAdj: -999 }],
		],
	])("but is killed like any other where %s", (_name, victim, others) => {
		const machine = machineWith({ processes: [{ pid: 1 }, small, victim, ...others] });
		machine.outOfMemory(10);
		expect(machine.killed).toEqual([20]);
	});

	test("headers are limited to ten in five seconds, kill lines are not", () => {
		const pids = Array.from({ length: 13 }, (_, i) => 100 + i);
		const machine = machineWith({
			processes: [{ pid: 1 }, small, ...pids.map((pid) => ({ pid, mm: { rssAnon: 500 } }))],
		});
		const kill = (): void => {
			machine.outOfMemory(10);
			machine.exit(machine.killed.at(-1) ?? 0);
		};
		for (let i = 0; i < 12; i++) kill();
		expect(machine.kinds.filter((kind) => kind === "header").length).toBe(10);
		expect(machine.killed.length).toBe(12);
		machine.pass(5.001);
		kill();
		expect(machine.kinds.filter((kind) => kind === "header").length).toBe(11);
		machine.killer.validate();
	});

	test("without vm.oom_dump_tasks only the table is missing", () => {
		const machine = machineWith({ sysctls: { oomDumpTasks: false } });
		machine.outOfMemory(10);
		const [first] = machine.records;
		expect(first === undefined ? [] : formatOomRecord(first, { kernel: "6.12" })).toEqual([
			"p10 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
		]);
		expect(machine.kinds).toEqual(["header", "summary", "killed"]);
	});
});

describe("4.19", () => {
	const family = [
		{ pid: 1 },
		small,
		{ pid: 20, mm: { rssAnon: 5000 } },
		{ pid: 30, parentPid: 20, mm: { rssAnon: 300 } },
		{ pid: 31, parentPid: 20, mm: { rssAnon: 400 } },
		{ pid: 32, parentPid: 20, mm: { rssAnon: 400 } },
		{ pid: 33, parentPid: 20, mm: { id: 20, rssAnon: 5000 } },
	];
	const options = { processes: family, policy: kernel419, profile: oomProfile("v4.19") };

	test("the worst child with an mm of its own dies in its parent's place, and the log names the parent", () => {
		const machine = new FakeMachine(options);
		machine.outOfMemory(10);
		expect(machine.killed).toEqual([31]);
		const lines = machine.records.flatMap((record) => (record.kind === "selected" ? formatOomRecord(record) : []));
		expect(lines).toEqual(["Out of memory: Kill process 20 (p20) score 50 or sacrifice child"]);
	});

	test("a parent that is going already is let go, and its children with it", () => {
		const going = family.map((p) => (p.pid === 20 || p.pid === 33 ? { ...p, exiting: true } : p));
		const machine = new FakeMachine({ ...options, processes: going });
		expect(machine.outOfMemory(10)).toBe(true);
		expect(machine.log).toEqual(["notify", "reserves 20"]);
		expect(machine.records).toEqual([]);
	});

	test("6.x kills the parent itself, the later of the two that share its mm", () => {
		const machine = new FakeMachine({ processes: family, policy: kernel6 });
		machine.outOfMemory(10);
		expect(machine.killed).toEqual([33]);
	});

	test("the reaper is woken at once", () => {
		const machine = new FakeMachine(options);
		machine.outOfMemory(10);
		machine.pass(0.001);
		expect(machine.log.at(-1)).toBe("reap 31 at 0");
	});
});

describe("SysRq-f and MGLRU (oom.md §1)", () => {
	const worker = { pid: 2, comm: "kworker/0:2", kind: "kthread", mm: "none" } as const;
	const processes = [{ pid: 1 }, worker, small, big];

	test("SysRq-f does not stop at a pending victim: it chooses it again, silently, or somebody bigger", () => {
		const machine = new FakeMachine({
			processes: [...processes, { pid: 30, oomScoreAdj: -1000, mm: { rssAnon: 9000 } }],
		});
		const press = (): boolean => machine.run(() => machine.killer.sysrqF(machine.task(2)));
		expect(press()).toBe(true);
		expect(press()).toBe(true);
		expect(machine.killed).toEqual([20]);
		machine.update(30, { oomScoreAdj: 0 });
		expect(machine.outOfMemory(10)).toBe(true);
		expect(machine.killed).toEqual([20]);
		expect(press()).toBe(true);
		expect(machine.killed).toEqual([20, 30]);
		expect(machine.records[0]).toMatchObject({ kind: "header", comm: "kworker/0:2", gfp: 0xcc0, order: -1 });
	});

	test("SysRq-f never panics and asks no notifier", () => {
		const machine = new FakeMachine({ processes: [{ pid: 1 }, worker], notified: 7, sysctls: { panicOnOom: 2 } });
		expect(machine.run(() => machine.killer.sysrqF(machine.task(2)))).toBe(false);
		expect(machine.kinds).toEqual(["header", "no killable"]);
		expect(machine.log).toEqual([]);
	});

	test("4.19 asks the notifiers for SysRq-f too", () => {
		const machine = new FakeMachine({ processes, notified: 7, profile: oomProfile("v4.19") });
		expect(machine.run(() => machine.killer.sysrqF(machine.task(2)))).toBe(true);
		expect(machine.log).toEqual(["notify"]);
		expect(machine.killed).toEqual([]);
	});

	test("min_ttl_ms kills from kswapd, unless the killer is busy", () => {
		const machine = new FakeMachine({ processes });
		const { killer } = machine;
		expect(machine.run(() => killer.minTtl(machine.task(2)))).toBe(true);
		expect(machine.killed).toEqual([20]);
		machine.scheduler.spawn(function* (): Steps<void> {
			killer.tryLock();
			yield delay(5);
			killer.unlock();
		});
		expect(machine.run(() => killer.minTtl(machine.task(2)))).toBe(false);
	});
});

describe("the domain of a global OOM (oom.md §4)", () => {
	const bound = [
		{ pid: 1 },
		{ pid: 10, mm: { rssAnon: 10 } },
		{ pid: 20, mm: { rssAnon: 900 }, memsAllowed: new Set([0]), bindNodes: new Set([0]) },
		{ pid: 30, mm: { rssAnon: 500 }, memsAllowed: new Set([1]) },
	];
	const nodes = [0, 1].map((node) => ({ node, present: 5000, spanned: 5000 }));
	const ask = (machine: FakeMachine, request: { nodemask?: Set<number>; mems?: Set<number> }): void => {
		const { killer } = machine;
		const cpuset = request.mems === undefined ? {} : { cpuset: { name: "/c", memsAllowed: request.mems, sequence: 0 } };
		const context = { task: machine.task(10), preemptCount: 0, rtTask: false, ...cpuset };
		machine.run(function* () {
			killer.tryLock();
			const base = { gfp: GFP_KERNEL, order: 0, highestZone: 2, zones: [], context };
			yield* killer.outOfMemory({ ...base, nodemask: request.nodemask });
			killer.unlock();
		});
	};

	test("a nodemask leaves out who is bound elsewhere, and cpusets do not count then", () => {
		const machine = new FakeMachine({ processes: bound, nodes });
		ask(machine, { nodemask: new Set([1]), mems: new Set([0]) });
		expect(machine.killed).toEqual([30]);
	});

	test("without one, tasks of other cpusets are left out", () => {
		const machine = new FakeMachine({ processes: bound, nodes });
		ask(machine, { mems: new Set([1]) });
		expect(machine.killed).toEqual([30]);
		const summary = machine.records.find((record) => record.kind === "summary");
		expect(summary === undefined ? [] : formatOomRecord(summary)).toEqual([
			"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/c,mems_allowed=1,global_oom,task_memcg=/,task=p30,pid=30,uid=0",
		]);
	});

	test("a nodemask of all nodes is none", () => {
		const machine = new FakeMachine({ processes: bound, nodes });
		ask(machine, { nodemask: new Set([0, 1]) });
		expect(machine.killed).toEqual([20]);
	});

	test("a victim outside of the domain does not end the scan", () => {
		const machine = new FakeMachine({ processes: bound, nodes });
		ask(machine, { nodemask: new Set([0]) });
		expect(machine.killed).toEqual([20]);
		ask(machine, { nodemask: new Set([1]) });
		expect(machine.killed).toEqual([20, 30]);
	});
});

test("a task in swapoff goes first, whatever its size and adj", () => {
	const origin = { pid: 5, oomOrigin: true, oomScoreAdj: -1000, mm: { rssAnon: 1 } };
	const machine = machineWith({ processes: [{ pid: 1 }, origin, small, big] });
	machine.outOfMemory(10);
	expect(machine.killed).toEqual([5]);
});

test("the allocating task as a policy keeps the ordinary message", () => {
	const machine = machineWith({ policy: allocatingTaskPolicy });
	machine.outOfMemory(10);
	expect(machine.records.at(-1)).toMatchObject({ kind: "killed", message: "Out of memory", task: { pid: 10 } });
});

test("a second task in the killer is turned away by oom_lock", () => {
	const machine = machineWith();
	const { killer } = machine;
	machine.run(function* (): Steps<void> {
		expect(killer.tryLock()).toBe(true);
		expect(killer.tryLock()).toBe(false);
		killer.unlock();
		yield delay(0);
		expect(killer.tryLock()).toBe(true);
		killer.unlock();
	});
	expect(() => killer.tryLock()).toThrow("runs in no process");
});

test("a policy of user space is refused, and one that ranks who may not die is found out", () => {
	const { scheduler } = machineWith();
	const host = undefined as never;
	expect(() => createOomKiller({ scheduler, host, policy: earlyoom() })).toThrow(
		'"earlyoom" is a daemon of user space',
	);
	const rogue = {
		...kernel6,
		id: "rogue",
		decide: () => ({
			...kernel6.decide({ nowMs: 0, pageSize: 4096, tasks: [], totalpages: 1 }, {}),
			act: "kill" as const,
			ranking: [{ pids: [1], points: 1 }],
		}),
	};
	expect(() => machineWith({ policy: rogue }).outOfMemory(10)).toThrow(
		"OOM policy rogue ranks pid 1, which may not be killed",
	);
	const lost = { ...rogue, decide: () => ({ ...rogue.decide(), ranking: [{ pids: [4], points: 1 }] }) };
	expect(() => machineWith({ policy: lost }).outOfMemory(10)).toThrow("pid 4, which is not in the OOM domain");
});
