import { GFP } from "../bits.ts";
import { gfpHex } from "../format-gfp.ts";
import type { GfpCaller, GfpCase } from "./gfp-request.ts";
import { type CallerRule, hasAny, warning } from "./gfp-rule.ts";

const SLAB_CALLERS: readonly GfpCaller[] = ["kmalloc", "kmem_cache_alloc", "kvmalloc"];
const reachesSlab = (c: GfpCase): boolean => SLAB_CALLERS.includes(c.caller);

const slabStrips: CallerRule = {
	id: "slab-zone-bits",
	severity: "illegal",
	asks: "caller",
	check: (c) => {
		const wrong = (c.given & c.masks.slabBug) >>> 0;
		if (!reachesSlab(c) || wrong === 0) return undefined;
		return {
			warnings: [warning("pr_warn", "new slab", c.given, c)],
			outcome: "goes on",
			mask: (c.given & ~wrong) >>> 0,
			text: `slab takes no __GFP_DMA32, __GFP_HIGHMEM or undefined bits: ${gfpHex(wrong)} is stripped, with the message "Unexpected gfp" and a stack`,
			where: "kmalloc_fix_flags",
			source: "gfp.md §1, §7",
			evidence: "read in source",
		};
	},
};

const ctorZero: CallerRule = {
	id: "ctor-zero",
	severity: "illegal",
	asks: "caller",
	check: (c) => {
		if (c.caller !== "kmem_cache_alloc" || !c.slabCtor || !hasAny(c.given, GFP.ZERO)) return undefined;
		return {
			warnings: [warning("WARN_ON_ONCE", "new slab", c.given, c)],
			outcome: "goes on",
			mask: c.given >>> 0,
			text: "__GFP_ZERO for a cache with a constructor: warned about once when the cache grows",
			where: "new_slab",
			source: "gfp.md §7",
			evidence: "read in source",
		};
	},
};

const exactStrips: CallerRule = {
	id: "exact-comp-highmem",
	severity: "illegal",
	asks: "caller",
	check: (c) => {
		const both = GFP.COMP | GFP.HIGHMEM;
		if (c.caller !== "alloc_pages_exact" || !hasAny(c.given, both)) return undefined;
		return {
			warnings: [warning("WARN_ON_ONCE", "entry", c.given, c)],
			outcome: "goes on",
			mask: (c.given & ~both) >>> 0,
			text: "alloc_pages_exact takes neither __GFP_COMP nor __GFP_HIGHMEM: warns once and strips both",
			where: "alloc_pages_exact",
			source: "gfp.md §7",
			evidence: "read in source",
		};
	},
};

const mempoolZero: CallerRule = {
	id: "mempool-zero",
	severity: "illegal",
	asks: "caller",
	check: (c) => {
		if (c.caller !== "mempool_alloc" || !hasAny(c.given, GFP.ZERO)) return undefined;
		return {
			warnings: [warning("VM_WARN_ON_ONCE", "entry", c.given, c)],
			outcome: "goes on",
			mask: c.given >>> 0,
			text: "__GFP_ZERO for a mempool: an element out of the pool is not zeroed; warned about only with CONFIG_DEBUG_VM",
			where: "mempool_alloc",
			source: "gfp.md §7",
			evidence: "read in source",
		};
	},
};

const bulkAccount: CallerRule = {
	id: "bulk-account",
	severity: "remarkable",
	asks: "caller",
	check: (c) => {
		if (c.caller !== "alloc_pages_bulk" || !hasAny(c.given, GFP.ACCOUNT)) return undefined;
		return {
			warnings: [],
			outcome: "goes on",
			mask: c.given >>> 0,
			text: "__GFP_ACCOUNT for the bulk allocator: it returns one page of the ordinary allocator instead of many",
			where: "alloc_pages_bulk",
			source: "gfp.md §7",
			evidence: "read in source",
		};
	},
};

const kvmallocCannotBlock: CallerRule = {
	id: "kvmalloc-cannot-block",
	severity: "remarkable",
	asks: "caller",
	check: (c) => {
		if (c.caller !== "kvmalloc" || c.order === 0 || hasAny(c.given, GFP.DIRECT_RECLAIM)) return undefined;
		const nofail = hasAny(c.given, GFP.NOFAIL) ? " and __GFP_NOFAIL is dropped" : "";
		return {
			warnings: [],
			outcome: "NULL when short",
			mask: (c.given & ~GFP.NOFAIL) >>> 0,
			text: `kvmalloc without __GFP_DIRECT_RECLAIM: only kmalloc is tried, silently without fallback to vmalloc${nofail}`,
			where: "__kvmalloc_node",
			source: "gfp.md §7; slowpath.md §12",
			evidence: "read in source",
		};
	},
};

const vmallocCannotBlock: CallerRule = {
	id: "vmalloc-cannot-block",
	severity: "remarkable",
	asks: "caller",
	check: (c) => {
		if (c.caller !== "vmalloc" || hasAny(c.given, GFP.DIRECT_RECLAIM)) return undefined;
		return {
			warnings: [],
			outcome: "NULL when short",
			mask: c.given >>> 0,
			text: "vmalloc without __GFP_DIRECT_RECLAIM: it may sleep all the same, on mutexes and for page tables, and fails when pages are short",
			where: "__vmalloc_node_range",
			source: "slowpath.md §13",
			evidence: c.profile.kernel === "v6.12.117" ? "recorded" : "read in source",
		};
	},
};

export const CALLER_RULES: readonly CallerRule[] = [
	slabStrips,
	ctorZero,
	exactStrips,
	mempoolZero,
	bulkAccount,
	kvmallocCannotBlock,
	vmallocCannotBlock,
];
