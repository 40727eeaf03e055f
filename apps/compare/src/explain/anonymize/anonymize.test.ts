import { type KlogEvent, readKlog } from "@pagelab/klog";
import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../../tools/fixtures/shared-folder.ts";
import { plainStyle } from "../../cli/style.ts";
import { eventBlocks } from "../event-blocks.ts";
import { explanationJson } from "../explanation-json.ts";
import { explanationHtml } from "../html/explanation-html.ts";
import { blockText } from "../text/block-text.ts";
import { timelineBlocks } from "../timeline.ts";
import { anonymizeEvents } from "./anonymize.ts";

/** Everything that a user sees of the events. */
function outputsOf(events: readonly KlogEvent[]): string {
	const outputs = events.flatMap((_, i) => {
		const blocks = [...eventBlocks(events, i), ...timelineBlocks(events)];
		const json = JSON.stringify(explanationJson(events, i));
		return [...blockText(blocks, plainStyle), explanationHtml({ title: "log", blocks }), json];
	});
	return outputs.join("\n");
}

/** Names of an event, whatever field they stand in. */
function namesOf(event: KlogEvent): string[] {
	if (event.kind !== "oom") return [];
	const { trigger, table, kills, summary, place, memcg, group } = event;
	return [
		trigger?.comm,
		...(table?.rows.map(({ name }) => name) ?? []),
		...kills.map(({ comm }) => comm),
		summary?.cpuset,
		summary?.oom_memcg,
		summary?.task_memcg,
		place?.cpuset,
		memcg?.task,
		...(memcg?.stats.map(({ path }) => path) ?? []),
		group,
		event.hardware,
	].filter((name): name is string => typeof name === "string" && name.length > 3);
}

const NAMES = ["</script><b>x", "a\u001b[31mred", "we [2] (x), y=1", "12345678"];

/** A kill in a cgroup with a name in every place that has one. */
const report = (name: string): string =>
	[
		`[1.000000] ${name} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`,
		`[1.000001] CPU: 0 UID: 0 PID: 7 Comm: ${name} Not tainted 6.12.117-acmecorp #1 acmebuild`,
		"[1.000002] Hardware name: ACME Secret Board 9000, BIOS 1",
		"[1.000003] memory: usage 40960kB, limit 40960kB, failcnt 47",
		"[1.000004] Memory cgroup stats for /acme/payroll:",
		"[1.000005] anon 4096",
		"[1.000006] Tasks state (memory values in pages):",
		"[1.000007] [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name",
		`[1.000008] [      7]     0     7      100       50       50        0         0    40960        0             0 ${name}`,
		`[1.000009] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=acmeset,mems_allowed=0,oom_memcg=/acme/payroll,task_memcg=/acme/payroll/job,task=${name},pid=7,uid=0`,
		`[1.000010] Memory cgroup out of memory: Killed process 9 (${name}) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0`,
	].join("\n");

/** A failed allocation of a driver's task. */
const failedReport = (name: string): string =>
	[
		`[2.000000] ${name}: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=(null),cpuset=acmeset,mems_allowed=0`,
		`[2.000001] CPU: 0 PID: 7 Comm: ${name} Not tainted 6.12.117-acmecorp #1 acmebuild`,
		"[2.000002] Hardware name: ACME Secret Board 9000, BIOS 1",
		"[2.000003] Call Trace:",
		"[2.000004]  __alloc_pages_noprof+0x1/0x2",
		"[2.000005]  kmalloc_large_noprof+0x1/0x2 [acmedrv]",
	].join("\n");

/** Any string below a value that has the word, with its path. */
function stringsWith(value: unknown, word: string, path: string): string[] {
	if (typeof value === "string") return value.includes(word) ? [`${path}: ${value}`] : [];
	if (value === null || typeof value !== "object") return [];
	return Object.entries(value).flatMap(([key, item]) => [
		...(key.includes(word) ? [`${path}.${key}`] : []),
		...stringsWith(item, word, `${path}.${key}`),
	]);
}

describe("the JSON without names", () => {
	const log = (name: string): string => `${report(name)}\n${failedReport(name)}`;
	const jsonsOf = (events: readonly KlogEvent[]) => events.map((_, i) => explanationJson(events, i));
	const WORDS = ["acme", "ACME", "payroll", "Secret"];

	test.each(NAMES)("%j is in no string of it, of an OOM and of a failure", (name) => {
		const events = readKlog(log(name));
		const words = [name, ...WORDS];
		const open = jsonsOf(events);
		expect(open.map(({ explained }) => [explained.victim === null, explained.failure === null])).toEqual([
			[false, true],
			[true, false],
		]);
		// With names it has them, in the victim too.
		expect(stringsWith(open[0]?.explained.victim, name, "$")).not.toEqual([]);
		for (const json of jsonsOf(anonymizeEvents(events))) {
			expect(words.flatMap((word) => stringsWith(json, word, "$"))).toEqual([]);
		}
	});

	test("and it does not depend on the name", () => {
		const [first, second] = ["alpha", "omega"].map((name) => jsonsOf(anonymizeEvents(readKlog(log(name)))));
		expect(first).toEqual(second);
	});
});

describe("hostile names", () => {
	test.each(NAMES)("%j is in no output, its numbers are", (name) => {
		const events = readKlog(report(name));
		expect(events).toHaveLength(1);
		// The kill contradicts the summary (another pid) and names its task.
		expect(JSON.stringify(events[0]?.contradictions)).toContain("Task 9");
		const output = outputsOf(anonymizeEvents(events));
		for (const word of [name, name.slice(0, 12), "acme", "ACME", "payroll", "Secret"])
			expect(output).not.toContain(word);
		for (const word of ["task-1", "/cgroup-1", "40960"]) expect(output).toContain(word);
	});

	test.each(NAMES)("%j is harmless where names are kept", (name) => {
		const events = readKlog(report(name));
		const blocks = eventBlocks(events, 0);
		expect(blockText(blocks, plainStyle).join("\n")).not.toContain("\u001b");
		const html = explanationHtml({ title: "log", blocks });
		expect(html).not.toContain("<script");
		expect(html).not.toContain("\u001b");
	});
});

test("the same name gets the same number in all events, another name another one", () => {
	const log = ["alpha", "beta", "alpha"].map((name, i) => report(name).replaceAll("[1.", `[${i + 1}.`)).join("\n");
	const events = anonymizeEvents(readKlog(log));
	expect(events.map((event) => (event.kind === "oom" ? event.trigger?.comm : ""))).toEqual([
		"task-1",
		"task-2",
		"task-1",
	]);
});

test("roots and numbers stay, and so does what does not name anything", () => {
	const [event] = readKlog(readFixture("klog/106.log"));
	const [same] = anonymizeEvents(event === undefined ? [] : [event]);
	expect(same).toMatchObject({
		memInfo: (event as Extract<KlogEvent, { kind: "page-allocation-failure" }>).memInfo,
		order: 6,
		trace: { frames: event?.trace?.frames.map(({ function: name }) => ({ function: name })) },
	});
	expect(same?.kernel?.release).toBe("5.7.0");
});

const ids = (JSON.parse(new TextDecoder().decode(readFixture("klog/cases.json"))) as { id: string }[]).map(
	({ id }) => id,
);

/** Its own task and the one that its first line names. */
const tasksOf = (event: KlogEvent): string[] =>
	[event.task?.comm, "comm" in event ? event.comm : null].filter(
		(name): name is string => typeof name === "string" && name.length > 3,
	);

/** As a word: "sshd" can be part of another word. */
const hasWord = (output: string, name: string): boolean =>
	new RegExp(`(?<![\\w-])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`).test(output);

test.each(ids)("no name of the committed log %s is anywhere in its JSON", (id) => {
	const events = readKlog(readFixture(`klog/${id}.log`));
	const anonymous = anonymizeEvents(events);
	const output = anonymous.map((_, i) => JSON.stringify(explanationJson(anonymous, i))).join("\n");
	const names = new Set(events.flatMap((event) => [...namesOf(event), ...tasksOf(event)]));
	expect([...names].filter((name) => hasWord(output, name))).toEqual([]);
});

test.skipIf(sharedFolder === undefined)("no name of real logs is left (needs the shared folder)", () => {
	for (const id of ["025", "032", "033", "045", "054", "066", "071"]) {
		const events = readKlog(readShared(`klog/${id}/log.txt`));
		const output = outputsOf(anonymizeEvents(events));
		const names = events.flatMap(namesOf);
		expect(names.length, id).toBeGreaterThan(0);
		expect(
			names.filter((name) => hasWord(output, name)),
			id,
		).toEqual([]);
	}
});
