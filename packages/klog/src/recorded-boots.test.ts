import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import {
	effectiveConstraint,
	type GfpMask,
	type KilledTask,
	type KlogEvent,
	type OomEvent,
	type PageAllocationFailure,
	readKlog,
} from "./index.ts";

/** Lines that the recording picked from the log (FORMAT.md, C). */
interface Summary {
	readonly invoked: readonly string[];
	readonly constraint: readonly string[];
	readonly kills: readonly string[];
	readonly fails: readonly string[];
	readonly panic: string | null;
}

interface Boot {
	readonly name: string;
	readonly summary: Summary;
	readonly events: readonly KlogEvent[];
}

function readBoots(shared: string): Boot[] {
	const folder = join(shared, "oracle", "dev", "oom");
	const gunzip = (file: string): Buffer => gunzipSync(readFileSync(join(folder, file)));
	return readdirSync(folder)
		.filter((file) => file.endsWith(".json.gz"))
		.map((file) => {
			const name = file.replace(".json.gz", "");
			const { summary } = JSON.parse(gunzip(file).toString("utf8")) as { summary: Summary };
			return { name, summary, events: readKlog(gunzip(`${name}.dmesg.gz`)) };
		});
}

const boots = sharedFolder === undefined ? [] : readBoots(sharedFolder);
const ooms = (boot: Boot): OomEvent[] => boot.events.filter((event) => event.kind === "oom");
const failures = (boot: Boot): PageAllocationFailure[] =>
	boot.events.filter((event) => event.kind === "page-allocation-failure");

const mask = ({ mask: value, names }: GfpMask): string => `0x${value.toString(16)}(${names})`;

// Prints of Linux 6.12, from the fields of an event.
const printHead = ({ trigger }: OomEvent): string =>
	trigger === null
		? "none"
		: `${trigger.comm} invoked oom-killer: gfp_mask=${mask(trigger.gfp)}, order=${trigger.order}, oom_score_adj=${trigger.oom_score_adj}`;

function printSummary({ summary }: OomEvent): string {
	if (summary === null) return "none";
	const { constraint, nodemask, cpuset, mems_allowed, global, oom_memcg, task_memcg, task, pid, uid } = summary;
	const domain = global ? "global_oom" : `oom_memcg=${oom_memcg}`;
	const place = `nodemask=${nodemask},cpuset=${cpuset},mems_allowed=${mems_allowed}`;
	return `oom-kill:constraint=${constraint},${place},${domain},task_memcg=${task_memcg},task=${task},pid=${pid},uid=${uid}`;
}

const printKill = (kill: KilledTask): string =>
	`${kill.message}: Killed process ${kill.pid} (${kill.comm}) total-vm:${kill.totalVmKb}kB, anon-rss:${kill.anonRssKb}kB, file-rss:${kill.fileRssKb}kB, shmem-rss:${kill.shmemRssKb}kB, UID:${kill.uid} pgtables:${kill.pgtablesKb}kB oom_score_adj:${kill.oom_score_adj}`;

const printFailure = ({ comm, order, gfp, nodemask, place }: PageAllocationFailure): string =>
	`${comm}: page allocation failure: order:${order}, mode:${gfp === null ? "" : mask(gfp)}, nodemask=${nodemask},cpuset=${place?.cpuset},mems_allowed=${place?.mems_allowed}`;

describe.skipIf(sharedFolder === undefined)("recorded boots of 6.12.117 (needs the shared folder)", () => {
	test("twenty boots", () => {
		expect(boots).toHaveLength(20);
	});

	for (const boot of boots) {
		test(`${boot.name}: the lines that the recording picked come back out of the events, letter by letter`, () => {
			const { summary } = boot;
			expect(ooms(boot).map(printHead)).toEqual(summary.invoked);
			const summaries = ooms(boot).filter((event) => event.summary !== null);
			expect(summaries.map(printSummary)).toEqual(summary.constraint);
			expect(ooms(boot).flatMap(({ kills }) => kills.map(printKill))).toEqual(summary.kills);
			expect(failures(boot).map(printFailure)).toEqual(summary.fails);
			const panics = ooms(boot).flatMap(({ panic }) =>
				panic === null ? [] : [`Kernel panic - not syncing: ${panic.message}`],
			);
			expect(panics).toEqual(summary.panic === null ? [] : [summary.panic]);
		});

		test(`${boot.name}: complete, free of contradictions, by the recorded kernel`, () => {
			for (const event of boot.events) {
				// nodump runs with vm.oom_dump_tasks=0.
				expect(event.missing).toEqual(boot.name === "nodump" ? ["table"] : []);
				expect(event.contradictions).toEqual([]);
				expect(event.damaged).toEqual([]);
				expect(event.kernel?.version).toEqual([6, 12, 117]);
			}
		});
	}

	test("what each kind of boot is about", () => {
		const of = (name: string): Boot => boots.find((boot) => boot.name === name) as Boot;
		expect(ooms(of("sysrq")).map(({ calledBy }) => calledBy)).toEqual(["sysrq", "sysrq"]);
		expect(ooms(of("memcg")).map(effectiveConstraint)).toEqual(["CONSTRAINT_MEMCG"]);
		expect(ooms(of("memcggroup")).map(({ group }) => group)).toEqual(["/a"]);
		expect(ooms(of("mempolicy")).map(effectiveConstraint)).toEqual(["CONSTRAINT_MEMORY_POLICY"]);
		expect(ooms(of("cascade")).at(-1)).toMatchObject({ noKillable: true, victim: null });
		expect(failures(of("allocfail")).map(({ suppressed }) => suppressed !== null)).toEqual([
			false,
			true,
			true,
			true,
			true,
			true,
		]);
	});
});
