import { describe, expect, test } from "vitest";
import { FakeMachine, type FakeMachineOptions } from "./testing/fake-machine.fixture.ts";

const small = { pid: 10, mm: { rssAnon: 100 } };
const big = { pid: 20, mm: { rssAnon: 5000 } };
const machineWith = (options: Partial<FakeMachineOptions> = {}): FakeMachine =>
	new FakeMachine({ processes: [{ pid: 1 }, small, big], ...options });

describe("the reaper (oom.md §7)", () => {
	test("is handed the mm two seconds after the kill and takes what is anonymous", () => {
		const machine = machineWith();
		machine.outOfMemory(10);
		machine.pass(1.999);
		expect(machine.log).toEqual(["notify", "kill 20", "reserves 20"]);
		machine.pass(0.001);
		expect(machine.log.at(-1)).toBe("reap 20 at 2000");
		expect(machine.records.at(-1)).toMatchObject({ kind: "reaped", pid: 20, anonKb: 0 });
		// The victim is still there, and somebody else may die now.
		machine.outOfMemory(10);
		expect(machine.killed).toEqual([20, 10]);
	});

	test("leaves a victim alone that went by itself", () => {
		const machine = machineWith();
		machine.outOfMemory(10);
		machine.pass(1);
		machine.exit(20);
		machine.pass(10);
		expect(machine.log.some((line) => line.startsWith("reap"))).toBe(false);
		expect(machine.killer.victims).toBe(0);
	});

	test("tries ten times, a tenth of a second apart, then gives up for good", () => {
		const machine = machineWith();
		machine.mmapLockBusy = 99;
		machine.outOfMemory(10);
		machine.pass(2.999);
		const attempts = machine.log.filter((line) => line.startsWith("reap"));
		expect(attempts).toEqual(Array.from({ length: 10 }, (_, i) => `reap 20 at ${2000 + 100 * i}`));
		machine.outOfMemory(10);
		expect(machine.killed).toEqual([20]);
		machine.pass(0.001);
		expect(machine.records.at(-1)).toEqual({ kind: "unreapable", pid: 20, comm: "p20" });
		// 3 s after the kill: the worst case until a second victim.
		machine.outOfMemory(10);
		expect(machine.killed).toEqual([20, 10]);
	});

	test("ends its attempts when the victim goes meanwhile", () => {
		const machine = machineWith();
		machine.mmapLockBusy = 99;
		machine.outOfMemory(10);
		machine.pass(2.25);
		machine.exit(20);
		machine.pass(5);
		expect(machine.log.filter((line) => line.startsWith("reap")).length).toBe(3);
		expect(machine.kinds).not.toContain("unreapable");
	});

	test("does not complain of a victim that goes after the last attempt", () => {
		const machine = machineWith();
		machine.mmapLockBusy = 99;
		machine.outOfMemory(10);
		machine.pass(2.95);
		machine.exit(20);
		machine.pass(5);
		expect(machine.log.filter((line) => line.startsWith("reap")).length).toBe(10);
		expect(machine.kinds).not.toContain("unreapable");
	});

	test("takes an mm once, however often its owner is chosen", () => {
		const machine = machineWith();
		machine.outOfMemory(10);
		machine.run(() => machine.killer.sysrqF(machine.task(1)));
		machine.pass(10);
		expect(machine.killed).toEqual([20]);
		expect(machine.log.filter((line) => line.startsWith("reap"))).toEqual(["reap 20 at 2000"]);
	});

	test("a victim without mm blocks the next kill until all is unmapped", () => {
		const machine = machineWith();
		machine.outOfMemory(10);
		machine.update(20, { mm: undefined });
		machine.killer.exitMm(20);
		expect(machine.killer.victims).toBe(0);
		machine.outOfMemory(10);
		expect(machine.killed).toEqual([20]);
		machine.killer.exitMmap(20);
		machine.outOfMemory(10);
		expect(machine.killed).toEqual([20, 10]);
	});
});
