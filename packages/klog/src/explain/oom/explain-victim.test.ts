import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../../tools/fixtures/shared-folder.ts";
import { type OomEvent, readKlog } from "../../index.ts";
import { explainVictim, type VictimExplanation } from "./explain-victim.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const oomsOf = (log: string): OomEvent[] => readKlog(log).filter((event) => event.kind === "oom");

/** Explanations of a log, each with what comes before and after it. */
function explainLog(log: string): VictimExplanation[] {
	const ooms = oomsOf(log);
	const victims = new Set<number>();
	return ooms.map((event, i) => {
		const context = { earlierVictims: new Set(victims), later: ooms.slice(i + 1) };
		for (const { pid } of event.kills) victims.add(pid);
		return explainVictim(event, context);
	});
}

const bootLog = (name: string): string => decode(readShared(`oracle/dev/oom/${name}.dmesg.gz`));
const fixture = (id: string): VictimExplanation[] => explainLog(decode(readFixture(`klog/${id}.log`)));
const textOf = (explanation: VictimExplanation): string =>
	[...explanation.who, ...explanation.why, ...explanation.brings].map(({ text }) => text).join("\n");

/** `NONE ranking: volunteer 147 with 22467, grower 150 with 13300`; a missing part is `-`. */
function brief({ constraint, decision, chosen, ranking, runnerUp }: VictimExplanation): string {
	const own = ranking?.find(({ pid }) => pid === chosen?.pid);
	const first = chosen === null ? "-" : `${chosen.name} ${chosen.pid} with ${own?.points ?? "-"}`;
	const second = runnerUp === null ? "-" : `${runnerUp.name} ${runnerUp.pid} with ${runnerUp.points}`;
	return `${constraint ?? "-"} ${decision}: ${first}, ${second}`;
}

/**
 * By hand from the tables: rss + swapents + pgtables_bytes / 4096 + oom_score_adj · (totalpages / 1000), where 53187 of 65406 pages are
 * not reserved, and 53 is the factor.
 */
const BOOTS: Readonly<Record<string, readonly string[]>> = {
	adj: [
		// 6545 + 22 + 300 · 53; 13265 + 35
		"NONE ranking: volunteer 147 with 22467, grower 150 with 13300",
		// 19857 + 48; 9105 + 28. guarded has 18065 + 44 - 500 · 53 = -8391.
		"NONE ranking: grower 150 with 19905, plain 148 with 9133",
	],
	// By rank it would be big, 30865 + 69.
	alloctask: ["NONE allocating task: trigger 146 with 16314, big 144 with 30934"],
	// 28160 + 23 kB / 4 ... lead holds 7185 + 23; two of team tie with 2594 + 15, and the later one is next.
	memcggroup: ["MEMCG group: lead 148 with 7208, team 151 with 2609"],
	// Node 1 has 49120 pages.
	mempolicy: ["MEMORY_POLICY ranking: bindgrow 150 with 23465, anywhere 147 with 15545"],
	nodump: ["NONE ranking: one 146 with -, -", "- panic on oom: -, -"],
	sysrq: ["NONE sysrq: b 150 with 12980, a 149 with 7850", "NONE sysrq: a 149 with 7850, init 148 with 254"],
	// asroot and asuser tie with 12945 + 35: the later one dies.
	users: [
		"NONE ranking: asuser 146 with 12980, asroot 145 with 12980",
		"NONE ranking: grower 149 with 22022, asroot 145 with 12980",
	],
};

/** Victims of the other boots in their order (INDEX.txt), and their constraint. */
const VICTIMS: Readonly<Record<string, readonly [constraint: string, ...names: string[]]>> = {
	cascade: ["NONE", "p3", "p1", "p6", "p0", "p2", "p5", "p7", "p4"],
	cascadeswap: ["NONE", "p3", "p1", "p6", "p0", "p2", "p5", "p7", "p4"],
	cgcascade: ["MEMCG", "p3", "p1", "p6", "p2", "p0", "p5", "p7", "timeout", "p4"],
	children: ["NONE", "other"],
	memcg: ["MEMCG", "cggrow"],
	mix: ["NONE", "grower"],
	shmem: ["NONE", "grower"],
	single: ["NONE", "greedy"],
	swap: ["NONE", "grower"],
	threads: ["NONE", "grower"],
	unkillable: ["NONE", "grower"],
};

const WITHOUT_OOM = ["allocfail", "dryfail"];

/** Rows of one report of 6.12 as they stand in the log, and what a twin makes of them. */
function twinRanking(report: string, factor: number): [pid: number, points: number][] {
	const rows = [...report.matchAll(/\[ *(\d+)\] +\d+ +\d+ +\d+ +(\d+) +\d+ +\d+ +\d+ +(\d+) +(\d+) +(-?\d+) \S/g)];
	const scored = rows.map(([, pid, rss, tables, swap, adj], i): [number, number, number] => {
		const points = Number(rss) + Number(swap) + Math.floor(Number(tables) / 4096) + Number(adj) * factor;
		return [Number(pid), points, i];
	});
	const alive = scored.filter((_, i) => rows[i]?.[5] !== "-1000");
	return alive.sort((a, b) => b[1] - a[1] || b[2] - a[2]).map(([pid, points]) => [pid, points]);
}

describe.skipIf(sharedFolder === undefined)("recorded boots (needs the shared folder)", () => {
	test("every boot is told of here", () => {
		const files = readdirSync(join(sharedFolder as string, "oracle", "dev", "oom"));
		const names = files.filter((file) => file.endsWith(".dmesg.gz")).map((file) => file.replace(".dmesg.gz", ""));
		expect(names.sort()).toEqual([...Object.keys(BOOTS), ...Object.keys(VICTIMS), ...WITHOUT_OOM].sort());
		for (const name of WITHOUT_OOM) expect(oomsOf(bootLog(name))).toEqual([]);
	});

	test.each(Object.entries(BOOTS))("%s by hand", (name, lines) => {
		expect(explainLog(bootLog(name)).map(brief)).toEqual(lines);
	});

	test.each(Object.entries(VICTIMS))("%s: the victims, each predicted", (name, [constraint, ...names]) => {
		const explained = explainLog(bootLog(name));
		const killed = explained.filter(({ victim }) => victim !== null);
		expect(killed.map(({ victim }) => victim?.name)).toEqual(names);
		expect(killed.map(({ predicted }) => predicted?.name)).toEqual(names);
		expect(new Set(killed.map((own) => own.constraint))).toEqual(new Set([constraint]));
		expect(killed.every(({ decision, agrees }) => decision === "ranking" && agrees === true)).toBe(true);
	});

	test("all rankings are those of a twin that reads the rows itself", () => {
		let compared = 0;
		for (const name of [...Object.keys(BOOTS), ...Object.keys(VICTIMS)]) {
			const reports = bootLog(name)
				.split(/ invoked oom-killer: /)
				.slice(1);
			explainLog(bootLog(name)).forEach(({ ranking, adjPoints }, i) => {
				if (ranking === null) return;
				const report = (reports[i] ?? "").split("page allocation failure")[0] as string;
				expect(ranking.map(({ pid, points }) => [pid, points])).toEqual(twinRanking(report, adjPoints ?? 0));
				compared++;
			});
		}
		expect(compared).toBe(44);
	});

	test("nobody left: the panic at the end of a cascade, and how one kill leads to the next", () => {
		const cascade = explainLog(bootLog("cascade"));
		expect(cascade.at(-1)).toMatchObject({ decision: "nobody left", victim: null, ranking: [] });
		expect(cascade.at(-1)?.exempt.map(({ name, reason }) => `${name}: ${reason}`)).toContain(
			"immune: oom_score_adj -1000",
		);
		expect(cascade.map(({ secondKill }) => secondKill.verdict)).toEqual([
			...Array.from({ length: 8 }, () => "happened"),
			"nobody to kill",
		]);
		// Without what comes after: the task that asks cannot be chosen and lives on.
		const alone = oomsOf(bootLog("cascade"))
			.slice(0, 8)
			.map((event) => explainVictim(event).secondKill.verdict);
		expect(new Set(alone)).toEqual(new Set(["likely"]));
	});

	test("what a kill frees and what was missing", () => {
		const [adj] = explainLog(bootLog("adj"));
		// DMA32 has 305 pages free and needs more than 416, DMA 193 and needs more than 34 + 183.
		expect(adj?.secondKill).toMatchObject({ freedPages: (25600 + 88) / 4, missingPages: 25, verdict: "happened" });
		const [, second] = explainLog(bootLog("adj"));
		expect(second?.secondKill).toMatchObject({ verdict: "unlikely", next: null });
		const [shmem] = explainLog(bootLog("shmem"));
		expect(shmem?.freed).toMatchObject([{ anonKb: 94464, shmemKb: 580, pgtablesKb: 228, swapKb: 0 }]);
	});

	test("words of the other rules", () => {
		expect(textOf(explainLog(bootLog("alloctask"))[0] as VictimExplanation)).toContain(
			"vm.oom_kill_allocating_task is set, so nobody was ranked.\nBy rank it would have been big (pid 144)",
		);
		expect(textOf(explainLog(bootLog("memcggroup"))[0] as VictimExplanation)).toContain(
			"all tasks of cgroup /a were killed (memory.oom.group), 4 in all",
		);
		expect(textOf(explainLog(bootLog("nodump"))[0] as VictimExplanation)).toContain("There is no task table");
		expect(textOf(explainLog(bootLog("unkillable"))[0] as VictimExplanation)).toContain(
			"Not to be chosen for their oom_score_adj of -1000: immune (pid 149), 25745 pages.",
		);
	});
});

interface Meta {
	readonly victimPid: number | null;
	readonly constraint: string | null;
	readonly selectedPid: number | null;
	readonly predictable: boolean | null;
}

describe.skipIf(sharedFolder === undefined)("logs from the wild (needs the shared folder)", () => {
	const folder = sharedFolder === undefined ? undefined : join(sharedFolder, "klog");
	const ids = folder === undefined ? [] : readdirSync(folder).filter((name) => /^\d+$/.test(name));
	const metaOf = (id: string): Meta => JSON.parse(decode(readShared(`klog/${id}/meta.json`))) as Meta;
	const killing = ids
		.map((id) => ({ id, meta: metaOf(id), explained: explainLog(decode(readShared(`klog/${id}/log.txt`))) }))
		.filter(({ explained }) => explained.length > 0);

	test("predictable victims are predicted, and victim and constraint are those of the metadata", () => {
		const predictable = killing.filter(({ meta }) => meta.predictable === true);
		for (const { id, meta, explained } of predictable) {
			const own = explained.find(({ victim }) => victim?.pid === meta.victimPid);
			expect(`${id} ${own?.predicted?.pid} ${own?.agrees}`).toBe(`${id} ${meta.victimPid} true`);
			expect(`${id} CONSTRAINT_${own?.constraint}`).toBe(`${id} ${meta.constraint}`);
		}
		const ranked = killing.flatMap(({ explained }) => explained).filter(({ agrees }) => agrees !== null);
		const right = ranked.filter(({ agrees }) => agrees === true).length;
		console.log(
			`wild logs: ${predictable.length} predictable victims, all predicted; of ${ranked.length} ranked ones ${right}`,
		);
		expect(predictable.length).toBeGreaterThan(0);
		expect(right / ranked.length).toBeGreaterThan(0.9);
	});

	test("a victim that is not the predicted one is said to be, with reasons that are inferred", () => {
		const wrong = killing.flatMap(({ explained }) => explained).filter(({ agrees }) => agrees === false);
		expect(wrong.length).toBeGreaterThan(0);
		for (const { who, why } of wrong) {
			expect(who[0]?.text).toContain("although");
			expect(why.some(({ basis, text }) => basis === "inferred" && text.startsWith("What could explain"))).toBe(true);
		}
	});

	test("printed scores of older kernels are what the table gives, but where it lacks columns", () => {
		const scored = killing
			.flatMap(({ explained }) => explained)
			.filter(({ why }) => why.some(({ text }) => text.startsWith("The kernel printed score ")));
		// Tables of 2.6 have no swap; the rest agrees, in containers because uid 0 is not root there.
		const differing = scored.filter(({ why }) => why.some(({ text }) => text.includes("make the difference")));
		for (const { why } of differing) expect(why.some(({ text }) => text.includes("has no column for swap"))).toBe(true);
		expect(scored.length).toBeGreaterThan(differing.length * 3);
	});
});

/** Victims of committed logs by hand. */
test.each<[string, string]>([
	// 2.6.38: 1000 is the cap; stress has 75394 · 1000 / 2062462 = 36, less 30 as root.
	["001", "NONE ranking: memfill 1452 with 1000, stress 1457 with 6"],
	// 4.8, in a container: 239002 + 284061 + 1032 + 4 pages.
	["033", "MEMCG ranking: stress 12906 with 524099, stress 12870 with 35"],
	["066", "MEMCG ranking: leaker 6736 with -, -"],
	["071", "CPUSET ranking: containerd 4100 with -, -"],
])("committed log %s", (id, line) => {
	expect(fixture(id).map(brief)).toEqual([line]);
});

test("explanations are plain data: JSON and back loses nothing", () => {
	for (const id of ["001", "033", "054", "055", "071", "084", "222"]) {
		for (const explanation of fixture(id)) {
			expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
		}
	}
});
