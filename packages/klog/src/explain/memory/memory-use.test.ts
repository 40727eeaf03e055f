import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readFixture, readShared } from "../../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../../tools/fixtures/shared-folder.ts";
import { type KlogEvent, readKlog } from "../../index.ts";
import { readSlowly } from "../../testing/slow-reader.fixture.ts";
import type { MemoryDivision } from "./memory-part.ts";
import { memoryUse } from "./memory-use.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const wildText = (id: string): string => decode(readShared(`klog/${id}/log.txt`));
const bootEvents = (name: string): KlogEvent[] => readKlog(readShared(`oracle/dev/oom/${name}.dmesg.gz`));
const first = (text: string): KlogEvent => {
	const [event] = readKlog(text);
	if (event === undefined) throw new Error("no event");
	return event;
};

const partsOf = ({ parts }: MemoryDivision): Record<string, number> =>
	Object.fromEntries(parts.filter(({ kb }) => kb !== 0).map(({ name, kb }) => [name, kb]));
const sumOf = ({ parts, unaccountedKb }: MemoryDivision): number =>
	parts.reduce((sum, { kb }) => sum + kb, unaccountedKb);

/** All divisions of an event. */
function divisionsOf(event: KlogEvent): MemoryDivision[] {
	const { system, cgroup } = memoryUse(event);
	return [system, cgroup, ...(system?.zones ?? [])].filter((division) => division !== null);
}

describe("sums", () => {
	const ids = (JSON.parse(decode(readFixture("klog/cases.json"))) as { id: string }[]).map(({ id }) => id);

	test("parts and remainder of committed logs add up to the total", () => {
		const divisions = ids.flatMap((id) => readKlog(readFixture(`klog/${id}.log`)).flatMap(divisionsOf));
		expect(divisions.length).toBeGreaterThan(20);
		for (const division of divisions) expect(sumOf(division)).toBe(division.totalKb);
	});

	test.skipIf(sharedFolder === undefined)("and those of all recordings and wild logs (needs the shared folder)", () => {
		const folder = join(sharedFolder as string, "klog");
		const wild = readdirSync(folder).filter((id) => /^\d+$/.test(id));
		const boots = readdirSync(join(sharedFolder as string, "oracle/dev/oom")).filter((file) =>
			file.endsWith("dmesg.gz"),
		);
		const events = [
			...wild.flatMap((id) => readKlog(wildText(id))),
			...boots.flatMap((file) => readKlog(readShared(`oracle/dev/oom/${file}`))),
		];
		const divisions = events.flatMap(divisionsOf);
		expect(divisions.length).toBeGreaterThan(200);
		for (const division of divisions) expect(sumOf(division)).toBe(division.totalKb);
		// Nothing is missing in the recorded guests but a few pages; no total is passed by its parts.
		for (const event of boots.flatMap((file) => readKlog(readShared(`oracle/dev/oom/${file}`)))) {
			const { system } = memoryUse(event);
			if (system === null) continue;
			expect(system.totalFrom).toBe("totals");
			expect(system.unaccountedKb).toBeGreaterThanOrEqual(0);
			for (const zone of system.zones) expect(zone.unaccountedKb).toBeGreaterThanOrEqual(0);
		}
	});
});

/** Remainder by the slow reader's numbers: all counters that are no part of another one. */
function slowRemainder(text: string): number | null {
	const { global, nodes, zones, totals, hugepages } = readSlowly(text);
	if (global === null || totals["pages RAM"] === undefined) return null;
	const names = [
		"active_anon inactive_anon active_file inactive_file isolated_anon isolated_file unevictable slab_reclaimable",
		"slab_unreclaimable pagetables sec_pagetables bounce kernel_misc_reclaimable free free_pcp",
	];
	const pages = names
		.join(" ")
		.split(" ")
		.reduce((sum, name) => sum + (global[name] ?? 0), 0);
	const stacks = (list: readonly { pairs: Record<string, number> }[]): number =>
		list.reduce((sum, { pairs }) => sum + (pairs["kernel_stack"] ?? 0), 0);
	const huge = hugepages.reduce((sum, [, total = 0, , , kb = 0]) => sum + total * kb, 0);
	return (totals["pages RAM"] - (totals["pages reserved"] ?? 0) - pages) * 4 - (stacks(nodes) || stacks(zones)) - huge;
}

test.skipIf(sharedFolder === undefined)("the remainder by a slow reader (needs the shared folder)", () => {
	const ids = ["032", "036", "038", "043", "045", "097", "099", "100", "101", "104", "106", "118", "122", "212"];
	for (const id of ids) {
		const { system } = memoryUse(first(wildText(id)));
		const slow = slowRemainder(wildText(id));
		expect(slow, id).not.toBeNull();
		expect(system?.unaccountedKb, id).toBe(slow);
	}
});

describe.skipIf(sharedFolder === undefined)("by hand (needs the shared folder)", () => {
	test("055: seven eighths of the machine stand in no counter", () => {
		const { system } = memoryUse(first(wildText("055")));
		expect(system).toMatchObject({ totalKb: 1011988, unaccountedKb: 894660 });
		expect(system?.statements.find(({ basis }) => basis === "inferred")?.text).toMatch(
			/^874 MiB \(88 %\) stand in none of the counters/,
		);
	});

	test("013: 3.10 has all counters by zone, shared memory is told from anonymous", () => {
		const { system } = memoryUse(first(wildText("013")));
		expect(system?.zones.map(({ zone }) => zone)).toEqual(["DMA", "DMA32"]);
		expect(system?.parts.find(({ name }) => name === "shmem")?.kb).toBe(14676 * 4);
	});

	test("a cgroup of v2 and one of v1 add up to their usage", () => {
		const v2 = memoryUse(bootEvents("memcg")[0] as KlogEvent).cgroup;
		expect(v2).toMatchObject({ path: "/a", totalKb: 40960, limitKb: 40960 });
		// anon 41717760, kernel 225280, nothing else; 40960 kB are 41943040 bytes.
		expect(partsOf(v2 as MemoryDivision)["anonymous"]).toBe(40740);
		expect(v2?.unaccountedKb).toBe(0);
		const v1 = memoryUse(first(wildText("033"))).cgroup as MemoryDivision;
		expect(v1).toMatchObject({ totalKb: 1048576, unaccountedKb: 0 });
		expect(partsOf(v1)).toEqual({ anonymous: 1043868, "other kernel memory": 4708 });
	});

	test("039: a cgroup full of kernel memory that its statistics do not tell by kind, but v1's kmem counter", () => {
		const { cgroup } = memoryUse(first(wildText("039")));
		const parts = partsOf(cgroup as MemoryDivision);
		// kmem 524168 kB; anon 0, file 120 kB.
		const kernel = Object.entries(parts).reduce((sum, [name, kb]) => sum + (name === "file cache" ? 0 : kb), 0);
		expect(kernel).toBe(524168);
		expect(parts["file cache"]).toBe(120);
		expect(cgroup?.unaccountedKb).toBe(524268 - 524168 - 120);
	});

	test("a report of some nodes, without totals, is no total of the machine", () => {
		const { system } = memoryUse(first(wildText("071")));
		expect(system).toMatchObject({ totalFrom: "counters", unaccountedKb: 0 });
		expect(system?.statements[0]).toMatchObject({ basis: "inferred" });
	});
});

test("parts that are more than there is are a contradiction, and said", () => {
	const text = decode(readFixture("klog/106.log")).replace(/free:1537719 /, "free:2537719 ");
	const { system } = memoryUse(first(text));
	expect(system?.unaccountedKb).toBeLessThan(0);
	expect(sumOf(system as MemoryDivision)).toBe(system?.totalKb);
	expect(system?.statements.some((own) => own.text.includes("contradicts itself"))).toBe(true);
});
