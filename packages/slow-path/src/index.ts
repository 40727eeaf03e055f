export * from "./alloc-bulk.ts";
export * from "./alloc-env.ts";
export * from "./complete-without-waiting.ts";
export { allocPages, reportAlloc, tryFastPath } from "./alloc-pages.ts";
export { TICKS_PER_JIFFY } from "./alloc-pages-may-oom.ts";
export { allocPagesSlowpath } from "./alloc-pages-slowpath.ts";
export { fastPathFlags, prepareRequest } from "./prepare-request.ts";
export * from "./profile.ts";
export { MAX_COMPACT_RETRIES, MAX_RECLAIM_RETRIES } from "./retry-predicates.ts";
