import { type KlogEvent, readKlog } from "@pagelab/klog";
import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { incidentsOf, severityOf, timelineBlocks, worstEvent } from "./timeline.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const eventsOf = (text: string): KlogEvent[] => readKlog(text);
const fixture = (id: string): KlogEvent[] => eventsOf(decode(readFixture(`klog/${id}.log`)));

/** One short line of each kind at a time. */
const failure = (seconds: number, comm = "a"): string =>
	`[${seconds}.000000] ${comm}: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL), nodemask=(null),cpuset=/,mems_allowed=0`;
const oom = (seconds: number, pid: number, where = "global_oom"): string =>
	[
		`[${seconds}.000000] b invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`,
		`[${seconds}.000001] oom-kill:constraint=CONSTRAINT_${where === "global_oom" ? "NONE" : "MEMCG"},nodemask=(null),cpuset=/,mems_allowed=0,${where},task_memcg=/,task=v,pid=${pid},uid=0`,
		`[${seconds}.000002] Out of memory: Killed process ${pid} (v) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0`,
	].join("\n");

test("the order of kinds: panic, global kill, cgroup kill, failures", () => {
	const log = [failure(1), oom(100, 5, "oom_memcg=/c"), oom(200, 6)].join("\n");
	const events = eventsOf(log);
	expect(events.map(severityOf)).toEqual(["page allocation failure", "OOM kill, cgroup", "OOM kill, whole system"]);
	expect(worstEvent(events)).toBe(2);
	expect(worstEvent(events.slice(0, 2))).toBe(1);
	expect(worstEvent(events.slice(0, 1))).toBe(0);
	expect(worstEvent([])).toBe(-1);
	// Of equals the first.
	expect(worstEvent(eventsOf([oom(1, 5), oom(2, 6)].join("\n")))).toBe(0);
});

test.skipIf(sharedFolder === undefined)(
	"a recorded panic is the worst event of its boot (needs the shared folder)",
	() => {
		const events = eventsOf(decode(readShared("oracle/dev/oom/cascade.dmesg.gz")));
		expect(events.length).toBeGreaterThan(2);
		expect(worstEvent(events)).toBe(events.findIndex((event) => event.kind === "oom" && event.panic !== null));
	},
);

describe("incidents", () => {
	test("events within half a minute are one, later ones another, and so are those after a boot", () => {
		const log = [failure(10), oom(20, 5), failure(40), failure(71), failure(3)].join("\n");
		expect(incidentsOf(eventsOf(log)).map((incident) => incident.events)).toEqual([[0, 1, 2], [3], [4]]);
	});

	test("a log of one event has no timeline", () => {
		expect(timelineBlocks(fixture("106"))).toEqual([]);
	});

	test("rows name who asked and who was killed; equal ones are one row", () => {
		const blocks = timelineBlocks(eventsOf([failure(10), failure(11), failure(12), oom(20, 5)].join("\n")));
		const [heading, intro, incident, table] = blocks;
		expect(heading).toEqual({ kind: "heading", text: "Timeline" });
		expect(intro).toMatchObject({
			statements: [{ text: "The log has 4 events in 1 incident; event 4 is the worst." }],
		});
		expect(incident).toMatchObject({
			statements: [{ text: "Incident 1: 4 events, 1 kill; the worst is event 4 (OOM kill, whole system)." }],
		});
		expect(table).toMatchObject({
			rows: [
				["1-3", "10.000 s", "1", "page allocation failure", "a", "order 4"],
				["4", "20.000 s", "4", "OOM kill, whole system", "b", "killed v (5)"],
			],
		});
	});

	test("a flood of slab failures after one page allocation failure is one incident", () => {
		const events = fixture("128");
		expect(incidentsOf(events)).toHaveLength(1);
		const table = timelineBlocks(events).find((block) => block.kind === "table");
		expect(table?.rows.map(([number, , , what, , end]) => [number, what, end])).toEqual([
			["1", "page allocation failure", "order 0"],
			["2-11", "slab failure", "skbuff_head_cache"],
		]);
	});
});
