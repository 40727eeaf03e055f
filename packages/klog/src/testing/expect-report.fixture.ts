import { expect } from "vitest";
import { type OomEvent, readKlog } from "../index.ts";
import { listedKb, type ReportModel, releaseOf, taskColumns, type ZoneModel } from "./print-report.fixture.ts";

/** The only event of a log, which is an OOM report. */
export function readOom(log: string): OomEvent {
	const events = readKlog(log);
	expect(events.map(({ kind }) => kind)).toEqual(["oom"]);
	return events[0] as OomEvent;
}

/** Every field of a model comes out of the event, and nothing is missing or damaged. */
export function expectModel(event: OomEvent, model: ReportModel): void {
	expectHead(event, model);
	expectMemInfo(event, model);
	expectTable(event, model);
	const [vm, anon, file, shmem] = model.victim.kb;
	expect(event.kills).toHaveLength(1);
	expect(event.kills[0]).toMatchObject({
		pid: model.victim.pid,
		comm: model.victim.name,
		totalVmKb: vm,
		anonRssKb: anon,
	});
	expect(event.kills[0]).toMatchObject({ fileRssKb: file, shmemRssKb: /^[2-3]/.test(model.era) ? null : shmem });
	expect(event.missing).toEqual([]);
	expect(event.damaged).toEqual([]);
}

function expectHead({ trigger, task, trace, place, kernel, selected, summary }: OomEvent, model: ReportModel): void {
	expect(trigger).toMatchObject({ comm: model.comm, order: model.order, oom_score_adj: model.adj });
	expect(trigger?.gfp.mask).toBe(model.mask);
	expect(trigger?.gfp.names).toBe(/^[2-3]/.test(model.era) ? null : model.names);
	expect(task).toMatchObject({ pid: model.pid, comm: model.comm, cpu: model.era === "2.6.38" ? null : model.cpu });
	expect(kernel?.release).toBe(releaseOf(model.era));
	expect(trace?.frames.map((frame) => frame.reliable)).toEqual([true, false]);
	expect(place).toEqual({ cpuset: model.cpuset, mems_allowed: "0" });
	const chosen = selected === null ? [summary?.pid, summary?.task] : [selected.pid, selected.comm];
	expect(chosen).toEqual([model.victim.pid, model.victim.name]);
}

function expectMemInfo({ memInfo }: OomEvent, model: ReportModel): void {
	expect(memInfo?.global).toEqual(model.global);
	expect(memInfo?.zones).toHaveLength(model.zones.length);
	model.zones.forEach((zone, i) => {
		const read = memInfo?.zones[i];
		const scanned = /^[2-3]/.test(model.era) ? { pages_scanned: zone.pagesScanned } : {};
		expect(read?.counters).toEqual({ ...zone.kb, ...scanned });
		expect(read).toMatchObject({ node: zone.node, zone: zone.zone, lowmem_reserve: zone.lowmemReserve });
		expect(memInfo?.freeLists[i]).toMatchObject(listOf(zone, model));
	});
	expect(memInfo?.totals).toEqual(model.totals);
	const { add, found, looked, freeKb, totalKb } = model.swap;
	expect(memInfo?.swap).toEqual({ add, delete: model.swap.delete, find: [found, looked], freeKb, totalKb });
	expect(memInfo?.pageKb).toBe(4);
}

const listOf = (zone: ZoneModel, { era }: ReportModel) => ({
	node: zone.node,
	zone: zone.zone,
	totalKb: listedKb(zone),
	whole: true,
	blocks: zone.blocks.map(({ count, types }, order) => ({
		count,
		sizeKb: 4 * 2 ** order,
		types: era !== "2.6.38" && count > 0 ? types : null,
	})),
});

function expectTable({ table }: OomEvent, model: ReportModel): void {
	expect(table?.columns).toEqual(taskColumns(model.era));
	const rows = model.tasks.map(({ pid, name, values }) => ({ pid, name, line: expect.any(Number), ...values }));
	expect(table?.rows).toEqual(rows);
}

/** Names without blanks: a wrap inside a name cannot be told from one between two words, but neither loses anything. */
export const withPlainNames = (model: ReportModel): ReportModel => {
	const plain = (text: string): string => text.replace(/[^a-zA-Z0-9/:_]/g, "x");
	return {
		...model,
		comm: plain(model.comm),
		tasks: model.tasks.map((task) => ({ ...task, name: plain(task.name) })),
		victim: { ...model.victim, name: plain(model.victim.name) },
	};
};
