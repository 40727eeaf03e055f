import { describe, expect, test } from "vitest";
import { readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { validateReplayPlan } from "./check-replay-plan.ts";
import { EvictionQueue } from "./eviction-queue.ts";
import { pressureOf } from "./pressure-of.ts";
import { readReplayRecording } from "./read-replay-recording.ts";
import { REPLAY } from "./replay-plan.ts";

/** One line of the recordings' index about a whole-system recording. */
interface IndexLine {
	readonly name: string;
	readonly events: number;
	readonly allocs: number;
	readonly frees: number;
	readonly net: number;
	readonly isolated: number;
	readonly putback: number;
	readonly bulk: number;
	readonly lists: number;
	readonly differ: number;
}

const LINE = new RegExp(
	"^dev-(\\w+): (\\d+) events, (\\d+) allocs, (\\d+) frees, net (-?\\d+) \\+ isolated (\\d+) - putback (\\d+) " +
		"\\+ bulk (\\d+) = -?\\d+ vs lists (-?\\d+), pages that differ at the end (\\d+) ",
);

function indexLines(): IndexLine[] {
	if (sharedFolder === undefined) return [];
	return new TextDecoder()
		.decode(readShared("oracle/dev/INDEX.txt"))
		.split("\n")
		.map((line) => LINE.exec(line))
		.filter((match) => match !== null)
		.map(([, name = "", ...numbers]) => {
			const [events, allocs, frees, net, isolated, putback, bulk, lists, differ] = numbers.map(Number) as [
				...[number, number, number, number, number, number, number, number, number],
			];
			return { name, events, allocs, frees, net, isolated, putback, bulk, lists, differ };
		});
}

const lines = indexLines();

test.skipIf(sharedFolder === undefined)("the index has six whole-system recordings (needs the shared folder)", () => {
	expect(lines.map(({ name }) => name)).toEqual(["anon", "bcachefs", "file", "mixed", "slab", "xfs"]);
});

describe.skipIf(sharedFolder === undefined).each(lines)("$name (needs the shared folder)", (line) => {
	const read = () =>
		readReplayRecording({
			state: readShared(`oracle/dev/trace/${line.name}/state.json.gz`),
			trace: [readShared(`oracle/dev/trace/${line.name}/trace.txt.gz`)],
		});

	test("every frame is as in the final state, and the counts are those of the index", () => {
		const { plan, check, recording } = read();
		expect(check).toEqual({ differ: line.differ, firstDiffer: -1, takenTwice: 0, returnedTwice: 0 });
		const { summary } = plan;
		expect(summary).toMatchObject({ freeOfFree: 0, allocOfUsed: 0, lruOfFree: 0, bulkPagesUnknown: 0 });
		expect({
			allocs: summary.allocs,
			frees: summary.frees - summary.keptFrees,
			isolated: summary.isolatedPages,
			putback: summary.putbackPages,
			bulk: summary.bulkPages,
		}).toEqual({
			allocs: line.allocs,
			frees: line.frees,
			isolated: line.isolated,
			putback: line.putback,
			bulk: line.bulk,
		});
		const zones = pressureOf(plan, recording.initial);
		const fewer = zones.reduce((sum, zone) => sum + zone.freeInitial - zone.freeFinal, 0);
		expect(fewer).toBe(line.lists);
		expect(line.net + line.isolated - line.putback + line.bulk).toBe(line.lists);
		expect(recording.eventCounts.get("mm_page_alloc")).toBe(summary.allocs + summary.failedAllocs);
		validateReplayPlan(plan);
	});

	test("the eviction queue holds what is on LRU lists and freed later", () => {
		const { plan } = read();
		const queue = new EvictionQueue(plan);
		let evictedPages = 0;
		let skippedPages = 0;
		for (let op = 0; op < plan.length; op++) {
			queue.pass(op);
			if (op % 20_000 === 0) queue.validate();
			const lifetime = plan.lifetime[op] as number;
			if (plan.kind[op] === REPLAY.FREE && queue.isEvicted(lifetime)) skippedPages += 1 << (plan.order[op] as number);
			if (op % 25 === 0 && queue.oldest() >= 0) {
				evictedPages += 1 << (plan.lifetimes.order[queue.oldest()] as number);
				queue.evict(queue.oldest());
			}
		}
		queue.validate();
		expect(queue.length).toBe(0);
		expect(evictedPages).toBeGreaterThan(100);
		expect(skippedPages).toBe(evictedPages);
	});
});
