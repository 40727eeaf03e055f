import { asGfp } from "@pagelab/base";
import type { PageAllocator } from "@pagelab/contracts";
import { GFP } from "@pagelab/gfp";
import { freePages, splitPage } from "@pagelab/page-model";
import { allocPagesBulk } from "./alloc-bulk.ts";
import type { AllocEnv } from "./alloc-env.ts";
import { allocPages, allocPagesWithoutWaiting } from "./alloc-pages.ts";

/** The port that slab and vmalloc reach alloc_pages() through, on this environment. */
export function pageAllocatorOf(env: AllocEnv): PageAllocator {
	const waits = GFP.DIRECT_RECLAIM | (env.exhaustion === undefined ? 0 : GFP.NOFAIL);
	return {
		allocPages: (request, context) => allocPages(env, request, context),
		allocPagesWithoutWaiting: (request, context) => allocPagesWithoutWaiting(env, request, context),
		mayWait: (gfp, { task }) => (env.contextRule.narrow(task.flags, asGfp(gfp)) & waits) !== 0,
		allocPagesBulk: (request, wanted, context) => allocPagesBulk(env, request, wanted, context),
		splitPage: (pfn, order) => splitPage(env.model, pfn, order),
		freePages: (pfn, order) => freePages(env.model, pfn, order),
	};
}
