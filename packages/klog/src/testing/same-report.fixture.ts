import { expect } from "vitest";
import type { KlogEvent, MemInfo, OomEvent } from "../index.ts";
import type { SlowReport } from "./slow-reader.fixture.ts";

/** Every field that the slow reader has is the same in an event. */
export function expectSame(event: KlogEvent, slow: SlowReport): void {
	if ("memInfo" in event && event.memInfo !== null) expectSameMemInfo(event.memInfo, slow);
	if (event.kind === "oom") expectSameOom(event, slow);
	else if ("comm" in event) {
		const { comm, gfp, order } = event;
		if (slow.head !== null) expect({ comm, mask: gfp?.mask, order, adj: null }).toEqual(slow.head);
	}
}

function expectSameMemInfo(memInfo: MemInfo, slow: SlowReport): void {
	expect(memInfo.global).toEqual(slow.global);
	const nodes = memInfo.nodes.map(({ node, counters, all_unreclaimable }) => ({
		node,
		pairs: counters,
		unreclaimable: all_unreclaimable,
	}));
	expect(nodes).toEqual(slow.nodes);
	const zones = memInfo.zones.map(({ node, zone, counters, lowmem_reserve }) => ({
		node,
		zone,
		pairs: counters,
		reserve: lowmem_reserve,
	}));
	expect(zones).toEqual(slow.zones);
	const lists = memInfo.freeLists.map(({ node, zone, blocks, totalKb }) => ({
		node,
		zone,
		blocks: blocks.map(({ count, sizeKb, types }) => [count, sizeKb, types]),
		sum: totalKb,
	}));
	expect(lists).toEqual(slow.lists);
	const hugepages = memInfo.hugepages.map(({ node, total, free, surp, sizeKb }) => [node, total, free, surp, sizeKb]);
	expect(hugepages).toEqual(slow.hugepages);
	expect(memInfo.totals).toMatchObject(slow.totals);
	if (slow.swap !== null) {
		expect({ free: memInfo.swap?.freeKb, total: memInfo.swap?.totalKb }).toEqual(slow.swap);
	}
}

function expectSameOom(event: OomEvent, slow: SlowReport): void {
	const { trigger, table, kills, summary } = event;
	if (slow.head !== null) {
		const { comm, gfp, order, oom_score_adj: adj } = trigger ?? {};
		expect({ comm, mask: gfp?.mask, order, adj }).toEqual(slow.head);
	}
	const rows = table?.rows.map(({ pid, name, line: _line, ...values }) => ({ pid, values, name })) ?? [];
	expect(rows).toEqual(slow.rows);
	const killed = kills.map(({ pid, comm, totalVmKb, anonRssKb, fileRssKb }) => ({
		pid,
		comm,
		vm: totalVmKb,
		anon: anonRssKb,
		file: fileRssKb,
	}));
	expect(killed).toEqual(slow.kills);
	if (slow.summary !== null) expect(summary).toMatchObject(slow.summary);
	expectSameMemcg(event, slow);
}

function expectSameMemcg({ memcg }: OomEvent, slow: SlowReport): void {
	const fields = { memory: "memory", swap: "swap", "memory+swap": "memorySwap", kmem: "kmem" } as const;
	for (const { name, usage, limit, failcnt } of slow.memcg) {
		const resource = memcg?.[fields[name as keyof typeof fields]];
		expect(resource).toMatchObject({ usageKb: usage, failcnt });
		expect(resource?.limitKb).toBe(limit > 9e15 ? null : limit);
	}
}
