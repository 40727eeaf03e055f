import { type AllocContext, COMPACT_RESULT, NO_EVENTS, NO_PAGE } from "@pagelab/contracts";
import { createTask, memallocNoreclaimRestore, memallocNoreclaimSave, memallocProfile } from "@pagelab/memalloc";
import { restore, validate } from "@pagelab/page-model";
import {
	type AllocEnv,
	type AllocFailureReport,
	allocPagesWithoutWaiting,
	AssumedKernel,
	AttemptTrace,
	formatAllocFailure,
	slowPathProfile,
	WarnAlloc,
	WarnOnce,
} from "@pagelab/slow-path";
import { readStateFile } from "@pagelab/trace";
import { expect, test } from "vitest";
import { readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";

const KERNEL = "v6.12.117";
const NAME = "oracle/dev/oom/dryfail";
/** __GFP_NOWARN, alone and with what asks for reserves or kswapd. */
const NOWARN = 0x2000;
const GFP_ATOMIC = 0x820;
const KSWAPD_RECLAIM = 0x800;
/** More pages than the guest has. */
const ALL = 60_000;
/** What the script takes below the marks, with all reserves. */
const BELOW_MARKS = 30;

/** Lines of the message that the allocator alone decides: marks and boosts, and the blocks of the free lists. */
const OWN_LINE = /free:\d+kB boost:|^lowmem_reserve|kB = |page allocation failure/;
/** Of a zone's line, what comes before the counters of the LRU lists. */
const ownPart = (line: string): string => line.replace(/ active_anon:.*$/, "");

/** The first message of the log, without time stamps. */
function firstMessage(): string[] {
	const lines = new TextDecoder()
		.decode(readShared(`${NAME}.dmesg.gz`))
		.split("\n")
		.map((line) => line.replace(/^\[ *\d+\.\d+\] /, ""));
	const head = lines.findIndex((line) => line.includes("page allocation failure"));
	const end = lines.findIndex((line, i) => i > head && line.includes("total pagecache pages"));
	return lines.slice(head, end);
}

test.skipIf(sharedFolder === undefined)(
	"needs the shared folder: the guest, emptied as its script does, fails with the zones and blocks of the log",
	() => {
		const { state } = readStateFile(readShared(`${NAME}.json.gz`), "initial");
		const model = restore(state, KERNEL);
		const printed: AllocFailureReport[] = [];
		const trace = new AttemptTrace();
		const assumptions = {
			reclaim: 0,
			compaction: COMPACT_RESULT.COMPLETE,
			oom: "disabled",
			oomFrees: 0,
			emptyLruCountsFree: true,
		} as const;
		const assumed = new AssumedKernel(model, state, assumptions);
		const env: AllocEnv = {
			model,
			profile: slowPathProfile(KERNEL),
			contextRule: memallocProfile(KERNEL).contextRule.value,
			reclaimer: assumed,
			oomKiller: assumed,
			events: NO_EVENTS,
			warned: new WarnOnce(),
			failureLog: new WarnAlloc({ model, kernel: KERNEL, clock: { now: 0 }, print: (report) => printed.push(report) }),
		};
		const context: AllocContext = { task: createTask("init", 148), preemptCount: 0, rtTask: false };
		const take = (gfp: number, most: number): number => {
			let taken = 0;
			while (taken < most && allocPagesWithoutWaiting(env, { gfp, order: 0 }, context) !== NO_PAGE) taken++;
			return taken;
		};

		expect(take(NOWARN, ALL)).toBeLessThan(ALL);
		expect(take(NOWARN | GFP_ATOMIC, ALL)).toBeLessThan(ALL);
		const flags = memallocNoreclaimSave(context.task);
		expect(take(NOWARN | KSWAPD_RECLAIM, BELOW_MARKS)).toBe(BELOW_MARKS);
		memallocNoreclaimRestore(context.task, flags);
		expect(printed).toEqual([]);
		expect(allocPagesWithoutWaiting({ ...env, trace }, { gfp: GFP_ATOMIC, order: 0 }, context)).toBe(NO_PAGE);

		expect(trace.entries.at(-1)).toMatchObject({ rung: "S20", outcome: "fails" });
		expect(printed).toHaveLength(1);
		const own = (lines: readonly string[]): string[] => lines.filter((line) => OWN_LINE.test(line)).map(ownPart);
		const modelled = own(printed.flatMap(formatAllocFailure));
		expect(modelled).toHaveLength(7);
		expect(modelled).toEqual(own(firstMessage()));
		// The log has free:285 free_pcp:2352: 13 pages more of the per-CPU lists were in use.
		expect(printed.flatMap(formatAllocFailure)).toContain(" free:285 free_pcp:2365 free_cma:0");
		expect(firstMessage()).toContain(" free:285 free_pcp:2352 free_cma:0");
		validate(model);
	},
);
