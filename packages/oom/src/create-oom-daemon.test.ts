import type { OomAnswer, OomPolicy } from "@pagelab/contracts";
import { delay, Scheduler, type Steps } from "@pagelab/sim";
import { expect, test } from "vitest";
import { createOomDaemon } from "./create-oom-daemon.ts";
import { earlyoom } from "./policies/earlyoom.ts";
import { kernel6 } from "./policies/kernel-6.ts";
import { meminfoOf, viewWith } from "./testing/view.fixture.ts";

/** A machine that loses 1 % of its memory each 100 ms; its biggest process goes half a second after SIGTERM. */
function run(policy: OomPolicy, seconds: number): { signals: string[]; answers: OomAnswer[] } {
	const scheduler = new Scheduler();
	const ticksPerSecond = 1_000_000;
	const alive = new Set([10, 20]);
	const signals: string[] = [];
	const answers: OomAnswer[] = [];
	const msNow = (): number => scheduler.now / 1000;
	createOomDaemon({
		scheduler,
		policy,
		ticksPerSecond,
		look: () => {
			const left = Math.max(0, 100 - msNow() / 100);
			const tasks = [...alive].map((pid) => ({ pid, mm: { rssAnon: pid * 100 } }));
			const meminfo = meminfoOf({
				memAvailable: left * 1000,
				anonPages: 100_000 - left * 1000,
				swapTotal: 0,
				swapFree: 0,
			});
			return viewWith(tasks, { nowMs: msNow(), meminfo });
		},
		sendSignal: (pid, signal) => {
			signals.push(`${signal} ${pid} at ${msNow()}`);
			scheduler.spawn(function* (): Steps<void> {
				yield delay(500_000);
				alive.delete(pid);
			});
		},
		report: (answer) => answers.push(answer),
	});
	scheduler.run({ until: seconds * ticksPerSecond, withDaemons: true });
	scheduler.validate();
	return { signals, answers };
}

test("a daemon looks, acts and sleeps as its policy says", () => {
	const { signals, answers } = run(earlyoom(), 9.8);
	// 10 % is reached at 9 s, 5 % at 9.5 s, when the first victim has just gone.
	expect(signals).toEqual(["SIGTERM 20 at 9000", "SIGKILL 10 at 9500"]);
	const waits = answers.slice(0, -1).map(({ pollMs }) => pollMs ?? 0);
	expect(waits.every((ms) => ms >= 100 && ms <= 1000)).toBe(true);
	expect(new Set(answers.map(({ act }) => act))).toEqual(new Set(["wait", "kill"]));
});

test("a policy of the kernel is no daemon", () => {
	expect(() => run(kernel6, 1)).toThrow('OOM policy "kernel-6" belongs into the kernel');
});
