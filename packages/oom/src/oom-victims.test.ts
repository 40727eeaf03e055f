import { expect, test } from "vitest";
import { OomVictims } from "./oom-victims.ts";
import { fakeProcess } from "./testing/fake-machine.fixture.ts";

test("a victim is counted until exit_mm, and is one until it is released", () => {
	const victims = new OomVictims();
	expect(victims.mark(7, 70)).toBe(true);
	expect(victims.mark(7, 70)).toBe(false);
	expect(victims.count).toBe(1);
	victims.exitMm(7);
	victims.exitMm(7);
	expect([victims.count, victims.isVictim(7)]).toEqual([0, true]);
	victims.release(7);
	expect(victims.isVictim(7)).toBe(false);
	victims.validate();
});

test("signal->oom_mm stays what it was set to first", () => {
	const victims = new OomVictims();
	victims.mark(7, 70);
	victims.exitMm(7);
	expect(victims.mark(7, 71)).toBe(true);
	expect(victims.view(fakeProcess({ pid: 7 })).oomMm).toEqual({ id: 70, oomSkip: false });
	victims.validate();
});

test("flags belong to the mm, and go with it", () => {
	const victims = new OomVictims();
	victims.mark(7, 70);
	expect([victims.queueOnce(70), victims.queueOnce(70)]).toEqual([true, false]);
	victims.setOomSkip(70);
	const sharer = victims.view(fakeProcess({ pid: 8, mm: { id: 70 } }));
	expect([sharer.mm?.oomSkip, sharer.oomMm]).toEqual([true, undefined]);
	victims.dropMm(70);
	expect([victims.isOomSkip(70), victims.queueOnce(70)]).toEqual([false, true]);
});
