import { OOM_POLICIES } from "@pagelab/oom";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../../tools/fixtures/shared-folder.ts";
import { type OomEvent, readKlog } from "../../index.ts";
import { otherPolicies } from "./other-policies.ts";
import { killText, oomEvent, oomText, randomOom, rankByHand } from "./random-oom.fixture.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
function firstOom(log: string): OomEvent {
	const event = readKlog(log).find(({ kind }) => kind === "oom");
	if (event?.kind !== "oom") throw new Error("no OOM report");
	return event;
}
const boot = (name: string): OomEvent => firstOom(decode(readShared(`oracle/dev/oom/${name}.dmesg.gz`)));

/** `volunteer`, `nobody` or `?` by policy. */
const verdicts = (event: OomEvent): Record<string, string> =>
	Object.fromEntries(
		otherPolicies(event).outcomes.map(({ policy, act, victims }) => [
			policy,
			act === "kills" ? victims.map(({ name }) => name).join(" ") : act === "nobody" ? "nobody" : "?",
		]),
	);

/** Policies that act on what no report has: pressure, swap and reclaim of cgroups over time. */
const BLIND = { oomd: "?", "systemd-oomd": "?", lmkd: "?", none: "nobody" };

describe.skipIf(sharedFolder === undefined)("recorded boots by hand (needs the shared folder)", () => {
	test.each<[string, Record<string, string>]>([
		[
			"adj",
			{
				"kernel-6": "volunteer",
				"kernel-4.19": "volunteer",
				"allocating-task": "grower",
				"largest-rss": "guarded",
				// (1000 + badness · 1000 / 53187) · 2/3 is highest for the highest badness; memory is at 0 %, and there is no swap.
				earlyoom: "volunteer",
				nohang: "volunteer",
				...BLIND,
			},
		],
		[
			"users",
			{
				// asroot and asuser tie: since 5.9 the later one dies, before and for daemons the earlier.
				"kernel-6": "asuser",
				"kernel-4.19": "asroot",
				"allocating-task": "grower",
				"largest-rss": "asroot",
				earlyoom: "asroot",
				nohang: "asroot",
				...BLIND,
			},
		],
		[
			"memcg",
			{
				"kernel-6": "cggrow",
				"kernel-4.19": "cggrow",
				"allocating-task": "cggrow",
				"largest-rss": "cggrow",
				earlyoom: "?",
				nohang: "?",
				...BLIND,
			},
		],
		[
			"sysrq",
			{
				"kernel-6": "b",
				"kernel-4.19": "b",
				"allocating-task": "b",
				"largest-rss": "b",
				// Most of the memory is free.
				earlyoom: "nobody",
				nohang: "nobody",
				...BLIND,
			},
		],
	])("%s", (name, expected) => {
		expect(verdicts(boot(name))).toEqual(expected);
	});

	test("without a table nobody can be named", () => {
		const { none, ...others } = verdicts(boot("nodump"));
		expect(none).toBe("nobody");
		expect(new Set(Object.values(others))).toEqual(new Set(["?"]));
	});

	test("the asking task of a cascade cannot be killed: the ranking decides", () => {
		const own = otherPolicies(boot("cascade")).outcomes.find(({ policy }) => policy === "allocating-task");
		expect(own).toMatchObject({ victims: [{ name: "p3" }], why: "highest badness: the asking task may not be killed" });
	});
});

test("swap that is not used up leaves nohang to pressure, which no report has", () => {
	const text = oomText({ tasks: [{ pid: 100, rss: 9, pgtables: 1, swap: 0, adj: 0 }], ram: 1000, swapKb: 4000 });
	const event = oomEvent(text.replace("Free swap  = 0kB", "Free swap  = 4000kB"));
	expect(verdicts(event)).toMatchObject({ earlyoom: "nobody", nohang: "?" });
	// 100 free of 1000 pages, of which 200 + 50 are reserve: 0 available.
	expect(verdicts(oomEvent(text))).toMatchObject({ earlyoom: "t100", nohang: "t100" });
});

test("every policy answers every table, and kills nobody who is not in it or may not die", () => {
	fc.assert(
		fc.property(randomOom, fc.nat(11), (oom, i) => {
			const task = oom.tasks[i % oom.tasks.length];
			if (task === undefined) return;
			const event = oomEvent(`${oomText(oom)}\n${killText(task)}`);
			const { outcomes, notes } = otherPolicies(event);
			expect(outcomes.map(({ policy }) => policy)).toEqual(OOM_POLICIES.map(({ id }) => id));
			const alive = new Set(oom.tasks.filter(({ adj }) => adj !== -1000).map(({ pid }) => pid));
			for (const { act, victims, why } of outcomes) {
				expect(victims.length > 0).toBe(act === "kills");
				for (const { pid } of victims) expect(alive).toContain(pid);
				expect(why).not.toBe("");
			}
			const [kernel6] = outcomes;
			expect(kernel6?.victims[0]?.pid).toBe(rankByHand(oom)[0]?.pid);
			expect(JSON.parse(JSON.stringify({ outcomes, notes }))).toEqual({ outcomes, notes });
		}),
	);
});

test("every committed log is answered", () => {
	const ids = (JSON.parse(decode(readFixture("klog/cases.json"))) as { id: string }[]).map(({ id }) => id);
	const events = ids.flatMap((id) => readKlog(readFixture(`klog/${id}.log`))).filter((event) => event.kind === "oom");
	expect(events.length).toBeGreaterThan(5);
	for (const event of events) expect(otherPolicies(event).outcomes).toHaveLength(OOM_POLICIES.length);
});
