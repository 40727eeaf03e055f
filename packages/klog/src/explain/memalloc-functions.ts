/**
 * Functions below which a task has PF_MEMALLOC, as memalloc_noreclaim_save() sets it (all reserves, no reclaim of its own; not
 * the dropped PF_MEMALLOC_NORECLAIM of 6.11, which has neither reclaim nor reserves). Not compact_zone() and shrink_slab():
 * kcompactd and drop_caches run them without it.
 */
const MEMALLOC =
	/^(?:(?:do_)?try_to_free_pages|try_to_free_mem_cgroup_pages|shrink_(?:node\w*|lruvec|zone\w*|inactive_list|folio_list|page_list)|try_to_shrink_lruvec|balance_pgdat|kswapd|__alloc_pages_direct_compact|try_to_compact_pages)$/;

/** The functions of a trace (by `certainFunctions`) that prove PF_MEMALLOC, innermost first. */
export const memallocFunctions = (functions: readonly string[]): string[] =>
	functions.filter((name) => MEMALLOC.test(name));
