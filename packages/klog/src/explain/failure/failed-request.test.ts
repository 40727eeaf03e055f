import { PF } from "@pagelab/memalloc";
import { expect, test } from "vitest";
import { readFixture } from "../../../../../tools/fixtures/fixture.ts";
import { readKlog } from "../../klog-reader.ts";
import { failedRequest } from "./failed-request.ts";

const [logged] = readKlog(new TextDecoder().decode(readFixture("klog/118.log")));

/** The task flags that a trace of these functions proves, innermost first. */
function flagsWith(...functions: readonly string[]): number {
	if (logged?.kind !== "page-allocation-failure" || logged.trace === null) throw new Error("the log has no failure");
	const [frame] = logged.trace.frames;
	if (frame === undefined) throw new Error("the log has no trace");
	const frames = functions.map((name) => ({ ...frame, function: name, reliable: true }));
	return failedRequest({ ...logged, trace: { ...logged.trace, frames } }).taskFlags;
}

test("reclaim and direct compaction run with PF_MEMALLOC", () => {
	expect(flagsWith("shrink_folio_list", "shrink_lruvec", "try_to_free_pages")).toBe(PF.MEMALLOC);
	expect(flagsWith("compact_zone", "try_to_compact_pages", "__alloc_pages_direct_compact")).toBe(PF.MEMALLOC);
	expect(flagsWith("balance_pgdat", "kswapd", "kthread")).toBe(PF.MEMALLOC);
});

test("kcompactd and drop_caches do not, nor does a plain caller", () => {
	expect(flagsWith("compact_zone", "kcompactd_do_work", "kcompactd")).toBe(0);
	expect(flagsWith("shrink_slab", "drop_slab", "drop_caches_sysctl_handler")).toBe(0);
	expect(flagsWith("alloc_skb", "do_softirq")).toBe(0);
});
