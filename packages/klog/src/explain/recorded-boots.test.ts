import { describe, expect, test } from "vitest";
import { readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { type KlogEvent, readKlog } from "../index.ts";
import { explainUnserved } from "./unserved/explain-unserved.ts";

/** Such as `DMA32 305 > 416: below the mark, NONE, volunteer 147` for each kill and failure of a boot. */
function linesOf(name: string): string[] {
	const events = readKlog(readShared(`oracle/dev/oom/${name}.dmesg.gz`));
	return events.map((event, i) => {
		if (event.kind !== "oom" && event.kind !== "page-allocation-failure") return event.kind;
		const earlier = events.slice(0, i).flatMap((own) => (own.kind === "oom" ? own.kills.map(({ pid }) => pid) : []));
		const { failing, reason, constraint } = explainUnserved(event, { earlierVictims: new Set(earlier) });
		const check = failing === null ? "" : `${failing.zone} ${failing.usable} > ${failing.mark}: `;
		return `${check}${reason}, ${endOf(event, constraint)}`;
	});
}

function endOf(event: KlogEvent, constraint: string | null): string {
	if (event.kind !== "oom") return "failed";
	const victim = event.victim === null ? "nobody" : `${event.victim.comm} ${event.victim.pid}`;
	const end = event.panic === null ? victim : `${victim}, panic`;
	return `${constraint === null ? "null" : constraint.replace("CONSTRAINT_", "")}, ${end}`;
}

/** From the lines of each log by hand: free and min of the zone / 4, the oom-kill: line, the kill. */
const BOOTS: Readonly<Record<string, readonly string[]>> = {
	adj: [
		"DMA32 305 > 416: below the mark, NONE, volunteer 147",
		"DMA32 150 > 416: below the mark, NONE, grower 150",
		"DMA32 150 > 208: below the mark, failed",
	],
	allocfail: [
		"DMA32 767 > 316: no block, failed",
		"DMA32 -475 > 329: below the mark, failed",
		"DMA32 986 > 329: no block, failed",
		"DMA32 271 > 841: below the mark, failed",
		"DMA32 449 > 401: no block, failed",
		"DMA -855 > 41: below the mark, failed",
	],
	alloctask: ["DMA32 396 > 416: below the mark, NONE, trigger 146"],
	cascade: [
		"DMA32 440 > 928: below the mark, NONE, p3 152",
		"DMA32 729 > 928: below the mark, NONE, p1 150",
		"DMA32 496 > 928: below the mark, NONE, p6 155",
		"DMA32 665 > 928: below the mark, NONE, p0 149",
		"DMA32 604 > 928: below the mark, NONE, p2 151",
		"DMA32 821 > 928: below the mark, NONE, p5 154",
		"DMA32 577 > 928: below the mark, NONE, p7 156",
		"DMA32 530 > 928: below the mark, NONE, p4 153",
		"DMA32 552 > 928: below the mark, null, nobody, panic",
	],
	cascadeswap: [
		"DMA32 4 > 1352: below the mark, NONE, p3 150",
		"DMA32 4 > 676: below the mark, failed",
		"DMA32 403 > 416: below the mark, NONE, p1 148",
		"DMA32 416 > 416: below the mark, NONE, p6 153",
		"DMA32 409 > 416: below the mark, NONE, p0 147",
		"DMA32 288 > 416: below the mark, NONE, p2 149",
		"DMA32 399 > 416: below the mark, NONE, p5 152",
		"DMA32 130 > 416: below the mark, NONE, p7 154",
		"DMA32 147 > 416: below the mark, NONE, p4 151",
		"DMA32 363 > 416: below the mark, null, nobody, panic",
	],
	cgcascade: [
		"cgroup limit, MEMCG, p3 158",
		"cgroup limit, MEMCG, p1 156",
		"cgroup limit, MEMCG, p6 161",
		"cgroup limit, MEMCG, p2 157",
		"cgroup limit, MEMCG, p0 155",
		"cgroup limit, MEMCG, p5 160",
		"cgroup limit, MEMCG, p7 162",
		"cgroup limit, MEMCG, timeout 165",
		"cgroup limit, MEMCG, p4 159",
	],
	children: ["DMA32 218 > 416: below the mark, NONE, other 159"],
	dryfail: [
		"DMA32 92 > 156: below the mark, failed",
		"DMA32 4 > 1352: below the mark, failed",
		"DMA32 -2 > 507: below the mark, failed",
		"DMA32 25 > 1352: below the mark, failed",
	],
	memcg: ["cgroup limit, MEMCG, cggrow 151"],
	memcggroup: ["cgroup limit, MEMCG, lead 148"],
	mempolicy: ["DMA32 21 > 245: below the mark, MEMORY_POLICY, bindgrow 150"],
	mix: ["DMA32 372 > 928: below the mark, NONE, grower 153", "DMA32 372 > 464: below the mark, failed"],
	nodump: ["DMA32 396 > 416: below the mark, NONE, one 146", "DMA32 364 > 416: below the mark, null, nobody, panic"],
	shmem: ["DMA32 450 > 928: below the mark, NONE, grower 149", "DMA32 450 > 464: below the mark, failed"],
	single: ["DMA32 396 > 416: below the mark, NONE, greedy 145"],
	swap: ["DMA32 237 > 416: below the mark, NONE, grower 152"],
	sysrq: ["manual, NONE, b 150", "manual, NONE, a 149"],
	threads: ["DMA32 273 > 416: below the mark, NONE, grower 162"],
	unkillable: ["DMA32 256 > 416: below the mark, NONE, grower 152"],
	users: [
		"DMA32 376 > 416: below the mark, NONE, asuser 146",
		"DMA32 223 > 928: below the mark, NONE, grower 149",
		"DMA32 223 > 464: below the mark, failed",
	],
};

describe.skipIf(sharedFolder === undefined)("recorded boots of 6.12.117 (needs the shared folder)", () => {
	test.each(Object.keys(BOOTS))("%s: victim, constraint, the check that failed and its zone", (name) => {
		expect(linesOf(name)).toEqual(BOOTS[name]);
	});
});
