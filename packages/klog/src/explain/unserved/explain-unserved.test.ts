import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALLOC, gfpToAllocFlags, gfpZone } from "@pagelab/gfp";
import { isWatermarkOk, restore } from "@pagelab/page-model";
import { readFixture, readShared } from "../../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../../tools/fixtures/shared-folder.ts";
import { type KlogEvent, readKlog } from "../../index.ts";
import { readSlowly } from "../../testing/slow-reader.fixture.ts";
import { machineOfEvent } from "../machine/machine-of-event.ts";
import type { UnservedEvent } from "./asked-request.ts";
import { explainUnserved, type UnservedExplanation } from "./explain-unserved.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const isUnserved = (event: KlogEvent): event is UnservedEvent =>
	event.kind === "oom" || event.kind === "page-allocation-failure" || event.kind === "allocation-stall";

/** Explanations of a log, each with the victims of the events before it. */
function explain(text: string): UnservedExplanation[] {
	const victims = new Set<number>();
	return readKlog(text)
		.filter(isUnserved)
		.map((event) => {
			const explanation = explainUnserved(event, { earlierVictims: new Set(victims) });
			if (event.kind === "oom") for (const { pid } of event.kills) victims.add(pid);
			return explanation;
		});
}

const boot = (name: string): UnservedExplanation[] => explain(decode(readShared(`oracle/dev/oom/${name}.dmesg.gz`)));
const wild = (id: string): UnservedExplanation => {
	const [first] = explain(decode(readShared(`klog/${id}/log.txt`)));
	if (first === undefined) throw new Error(`no request in ${id}`);
	return first;
};

/** `DMA32: 305 > 416 + 0, below the mark`, for each zone from the highest down. */
const zoneLines = ({ zones }: UnservedExplanation): string[] =>
	zones
		.toReversed()
		.map(
			({ node, zone, usable, mark, reserve, verdict }) =>
				`${node} ${zone}: ${usable} > ${mark} + ${reserve}, ${verdict}`,
		);

/** By hand from the zones' lines: free / 4 against min / 4 (with its discount) + lowmem_reserve. */
describe.skipIf(sharedFolder === undefined)("recorded boots by hand (needs the shared folder)", () => {
	test.each<[string, number, UnservedExplanation["reason"], string[]]>([
		["adj", 0, "below the mark", ["0 DMA32: 305 > 416 + 0, below the mark", "0 DMA: 193 > 34 + 183, below the mark"]],
		// The victim of event 1 may go down to half of the mark.
		["adj", 2, "below the mark", ["0 DMA32: 150 > 208 + 0, below the mark", "0 DMA: 193 > 17 + 183, below the mark"]],
		// free:1220kB of 1584kB, boost:2048kB in min:3712kB.
		[
			"cascade",
			0,
			"below the mark",
			["0 DMA32: 440 > 928 + 0, below the mark", "0 DMA: 194 > 34 + 183, below the mark"],
		],
		["swap", 0, "below the mark", ["0 DMA32: 237 > 416 + 0, below the mark", "0 DMA: 216 > 34 + 183, below the mark"]],
		["mempolicy", 0, "below the mark", ["1 DMA32: 21 > 245 + 0, below the mark"]],
		[
			"threads",
			0,
			"below the mark",
			["0 DMA32: 273 > 416 + 0, below the mark", "0 DMA: 193 > 34 + 183, below the mark"],
		],
		// GFP_ATOMIC in a boosted zone: (1352 - 936) * 3/8 is less than 1352 * 3/8.
		[
			"dryfail",
			0,
			"below the mark",
			["0 DMA32: 92 > 156 + 0, below the mark", "0 DMA: 193 > 13 + 183, below the mark"],
		],
		// Order 8, GFP_ATOMIC: 1022 - 255 free, min 841 of which 3/8 are 316 (841 - 420 = 421, - 105).
		["allocfail", 0, "no block", ["0 DMA32: 767 > 316 + 0, no block", "0 DMA: -97 > 16 + 119, below the mark"]],
		// GFP_DMA: the report leaves out what is above.
		["allocfail", 5, "below the mark", ["0 DMA: -855 > 41 + 0, below the mark"]],
	])("%s, event %i", (name, index, reason, lines) => {
		const explanation = boot(name)[index] as UnservedExplanation;
		expect(explanation.reason).toBe(reason);
		expect(zoneLines(explanation)).toEqual(lines);
		expect(explanation.failing).toEqual(explanation.zones.at(-1));
	});

	test("cgroups, SysRq and memory policies are told from a want of pages", () => {
		expect(boot("memcg")[0]).toMatchObject({
			reason: "cgroup limit",
			constraint: "CONSTRAINT_MEMCG",
			cgroup: { path: "/a", resource: "memory", usageKb: 40960, limitKb: 40960, failcnt: 47 },
		});
		expect(boot("sysrq").map(({ reason }) => reason)).toEqual(["manual", "manual"]);
		const [policy] = boot("mempolicy");
		expect(policy?.request).toMatchObject({ nodesFrom: "nodemask", nodes: new Set([1]) });
		expect(policy?.why[0]?.text).toBe(
			"A memory policy (nodemask) limits it to node 1: free memory of other nodes does not count.",
		);
	});

	test("a panic says which setting made it", () => {
		expect(boot("nodump").at(-1)?.why.at(-1)?.text).toMatch(/^vm\.panic_on_oom is 1: /);
		expect(boot("cascade").at(-1)?.why.at(-1)?.text).toMatch(/^No task was left that may be killed/);
		expect(boot("cascade")[0]?.why.some(({ text }) => text.includes("panic"))).toBe(false);
	});

	test("every event of every boot: either the machine, a cgroup or a hand; no test passes that failed", () => {
		const names = readdirSync(join(sharedFolder as string, "oracle/dev/oom")).filter((file) =>
			file.endsWith("dmesg.gz"),
		);
		const reasons = names.flatMap((file) => boot(file.replace(".dmesg.gz", "")).map(({ reason }) => reason));
		expect(names).toHaveLength(20);
		expect(reasons.length).toBeGreaterThan(50);
		expect([...new Set(reasons)].toSorted()).toEqual(["below the mark", "cgroup limit", "manual", "no block"]);
	});

	test("requests that only a victim can fail are a victim's: its pid is in the kill before", () => {
		const failures = ["adj", "mix", "shmem", "users", "cascadeswap"].map((name) => boot(name));
		for (const explanations of failures) {
			const victims = explanations.filter(({ request }) => request.privilege === "victim");
			expect(victims).toHaveLength(1);
			expect(victims[0]?.request.privilegeIsInferred).toBe(false);
		}
	});
});

describe.skipIf(sharedFolder === undefined)("against the page model (needs the shared folder)", () => {
	test("each test is the one of isWatermarkOk on the machine of the event", () => {
		let compared = 0;
		for (const name of ["adj", "allocfail", "cascade", "cascadeswap", "dryfail", "mix", "single", "threads", "users"]) {
			for (const event of readKlog(decode(readShared(`oracle/dev/oom/${name}.dmesg.gz`))).filter(isUnserved)) {
				const { request, zones } = explainUnserved(event);
				const { state, kernel } = machineOfEvent(event);
				const model = restore(state, kernel);
				const [gfp, order] = [request.gfp as number, request.order as number];
				const flags = request.privilege === "victim" ? ALLOC.OOM : gfpToAllocFlags(gfp, order, { kernel });
				for (const zone of model.zones) {
					const check = zones.find((own) => own.zone === zone.name && own.node === zone.node);
					const marks = [
						zone.wmarkMin + zone.boost,
						...(order === 0 && (flags & ALLOC.MIN_RESERVE) !== 0 ? [zone.wmarkMin] : []),
					];
					const ok = marks.some((mark) => isWatermarkOk(model, zone, order, mark, gfpZone(gfp), flags, zone.freePages));
					if (check?.verdict === "may pass" || check?.verdict === "not by the mask") continue;
					expect(check?.verdict === "passes", `${name} ${event.firstLine} ${zone.name}`).toBe(ok);
					compared++;
				}
			}
		}
		expect(compared).toBeGreaterThan(75);
	});
});

/** Order 0, no reserve open: free against min and the reserve of the last column, from the slow reader's numbers. */
function slowVerdicts(text: string): string[] | null {
	const { head, zones } = readSlowly(text);
	if (head === null || head.order !== 0 || zones.length === 0) return null;
	return zones.map(({ zone, pairs, reserve }) => {
		const [free, min] = [Math.floor((pairs["free"] ?? 0) / 4), Math.floor((pairs["min"] ?? 0) / 4)];
		return `${zone} ${free > min + Math.max(...reserve) ? "passes" : "below the mark"}`;
	});
}

test.skipIf(sharedFolder === undefined)(
	"order-0 requests of user memory in logs from the wild: the verdicts of a slow reader (needs the shared folder)",
	() => {
		const ids = [
			"001",
			"002",
			"003",
			"005",
			"006",
			"007",
			"008",
			"009",
			"011",
			"012",
			"013",
			"014",
			"015",
			"016",
			"017",
		];
		const more = ["018", "026", "032", "036", "045"];
		for (const id of [...ids, ...more]) {
			const slow = slowVerdicts(decode(readShared(`klog/${id}/log.txt`)));
			expect(
				wild(id).zones.map(({ zone, verdict }) => `${zone} ${verdict}`),
				id,
			).toEqual(slow);
		}
	},
);

describe.skipIf(sharedFolder === undefined)("logs from the wild by hand (needs the shared folder)", () => {
	test("no zone: GFP_DMA where DMA has no pages, and a cpuset whose node has Movable only", () => {
		expect(wild("106")).toMatchObject({ reason: "no zone", failing: null });
		expect(wild("106").why.at(-1)?.text).toContain("zone DMA of node 0 only, where there is no memory at all");
		expect(wild("071")).toMatchObject({ reason: "no zone", constraint: "CONSTRAINT_CPUSET" });
		expect(zoneLines(wild("071"))[0]).toContain("not by the mask");
	});

	test("074: the highatomic reserve of a kernel before 6.12 counts whole, and takes more than is free", () => {
		// 2186 free - 4096 reserved - 1; order 1 of GFP_KERNEL.
		const [check] = wild("074").zones;
		expect(check).toMatchObject({ free: 2186, highatomic: 4096, usable: -1911, mark: 2265, verdict: "below the mark" });
	});

	test("134: before 4.4 the mark is halved order by order, and small blocks do not count", () => {
		// 6190 - 2418 > 254; 3772 - 2006 > 127; 1766 - 1232 > 63; 534 - 504 = 30, not > 31.
		expect(wild("134").zones[0]).toMatchObject({ usable: 6190, mark: 508, failingOrder: 4, verdict: "no block" });
		expect(wild("134").why.map(({ text }) => text)).toContain(
			"Which kernel it is the log does not say; the mask has no names, as before 4.6: the rules of 3.10 are taken.",
		);
	});

	test("032: passes at the min mark by the report's numbers, and says so as an inference", () => {
		const { reason, why } = wild("032");
		expect(reason).toBe("served by the report's numbers");
		const said = why.findIndex(({ text }) => text.startsWith("By these numbers the request would have been served."));
		expect(why[said]?.basis).toBe("inferred");
		expect(why[said - 1]?.text).toContain("zone Normal of node 0 was 4003 pages short of it");
	});

	test("116: inside of reclaim no mark applies", () => {
		expect(wild("116")).toMatchObject({ reason: "no block", request: { privilege: "memalloc" } });
	});

	test("purposes by trace", () => {
		const purposes = ["013", "045", "055", "063", "071", "074", "104"].map((id) => wild(id).request.site.purpose);
		expect(purposes).toEqual([
			"the page cache, to read a file",
			"the page cache, to read a file",
			"the buffers of an RPC server (NFS)",
			"a page table",
			"a pipe",
			"the kernel stack and the task_struct of a new task",
			"the page cache, to read a file",
		]);
	});
});

describe("committed logs", () => {
	const ids = (JSON.parse(decode(readFixture("klog/cases.json"))) as { id: string }[]).map(({ id }) => id);

	test("every statement is a sentence, and every margin is its sum", () => {
		for (const id of ids) {
			for (const { what, why, zones } of explain(decode(readFixture(`klog/${id}.log`)))) {
				for (const { text } of [...what, ...why]) expect(text).toMatch(/^\S.*\.$/s);
				for (const check of zones) {
					expect(check.usable).toBe(check.free - check.cma - check.highatomic - check.blockPages);
				}
			}
		}
	});

	test("a damaged log is still explained: any part of it cut out", () => {
		const texts = ["106", "118", "071", "134"].map((id) => decode(readFixture(`klog/${id}.log`)));
		fc.assert(
			fc.property(
				fc.constantFrom(...texts),
				fc.double({ min: 0, max: 1, noNaN: true }),
				fc.nat(4000),
				(text, at, length) => {
					const from = Math.floor(at * text.length);
					for (const { why } of explain(text.slice(0, from) + text.slice(from + length))) {
						expect(why.length).toBeGreaterThan(0);
					}
				},
			),
			{ numRuns: 200 },
		);
	});
});
