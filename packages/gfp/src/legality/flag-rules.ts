import { MAX_PAGE_ORDER } from "@pagelab/base";
import { GFP, GFP_ZONEMASK } from "../bits.ts";
import { gfpHex } from "../format-gfp.ts";
import { highestZone, isIllegalZoneMask } from "../zone.ts";
import { hasAll, type PageRule, warning } from "./gfp-rule.ts";

const orderTooLarge: PageRule = {
	id: "order-too-large",
	severity: "illegal",
	asks: "page allocator",
	check: (page, c) => {
		if (page.order <= MAX_PAGE_ORDER || page.hasFallback) return undefined;
		return {
			// The test comes before gfp_allowed_mask and scopes, so a NOWARN scope does not silence it.
			warnings: [warning("WARN_ON_ONCE_GFP", "entry", page.passed, c)],
			outcome: "NULL",
			mask: page.passed,
			text: `order ${page.order}, above MAX_PAGE_ORDER: NULL, also with __GFP_NOFAIL, and one warning for all callers together unless __GFP_NOWARN`,
			where: "__alloc_pages",
			source: "gfp.md §7, §9; slowpath.md §1 E1",
			evidence: c.profile.kernel === "v6.12.117" ? "recorded" : "read in source",
		};
	},
};

const zoneBits: PageRule = {
	id: "zone-bits",
	severity: "illegal",
	asks: "page allocator",
	check: (page, c) => {
		if (page.order > MAX_PAGE_ORDER || !isIllegalZoneMask(page.gfp)) return undefined;
		const lowest = highestZone(page.gfp);
		return {
			warnings: [warning("VM_BUG_ON", "entry", page.gfp, c)],
			outcome: c.debugVm ? "BUG" : "goes on",
			mask: page.gfp,
			text: `zone bits ${gfpHex(page.gfp & GFP_ZONEMASK)} name more than one zone: a bug with CONFIG_DEBUG_VM, else the lowest zone, ${lowest}, is taken`,
			where: "gfp_zone",
			source: "gfp.md §5, §7",
			evidence: "read in source",
		};
	},
};

const mobilityBits: PageRule = {
	id: "mobility-bits",
	severity: "illegal",
	asks: "page allocator",
	check: (page, c) => {
		const isBoth = hasAll(page.gfp, GFP.MOVABLE | GFP.RECLAIMABLE);
		if (page.order > MAX_PAGE_ORDER || !isBoth) return undefined;
		return {
			warnings: [warning("VM_WARN_ON", "entry", page.gfp, c)],
			outcome: "goes on",
			mask: page.gfp,
			text: "__GFP_MOVABLE with __GFP_RECLAIMABLE: the migratetype becomes 3, HIGHATOMIC; warned about only with CONFIG_DEBUG_VM",
			where: "gfp_migratetype",
			source: "gfp.md §4, §7",
			evidence: "read in source",
		};
	},
};

const memallocNomemalloc: PageRule = {
	id: "memalloc-nomemalloc",
	severity: "remarkable",
	asks: "page allocator",
	check: (page) => {
		if (!hasAll(page.gfp, GFP.MEMALLOC | GFP.NOMEMALLOC)) return undefined;
		return {
			warnings: [],
			outcome: "goes on",
			mask: (page.gfp & ~GFP.MEMALLOC) >>> 0,
			text: "__GFP_MEMALLOC with __GFP_NOMEMALLOC: the second wins, no reserves",
			where: "__gfp_pfmemalloc_flags",
			source: "gfp.md §7; memalloc-scopes.md §4",
			evidence: "read in source",
		};
	},
};

const atomicReclaims: PageRule = {
	id: "atomic-reclaims",
	severity: "illegal",
	asks: "page allocator",
	check: (page, c) => {
		const atomic = c.layout.bits.get("ATOMIC") ?? 0;
		const isIllegal = c.profile.atomicMustNotReclaim.value && hasAll(page.gfp, atomic | GFP.DIRECT_RECLAIM);
		if (page.order > MAX_PAGE_ORDER || !isIllegal) return undefined;
		return {
			warnings: [warning("WARN_ON_ONCE", "slow path", page.gfp, c)],
			outcome: "goes on",
			mask: (page.gfp & ~atomic) >>> 0,
			text: "__GFP_ATOMIC with __GFP_DIRECT_RECLAIM: the slow path warns once and drops __GFP_ATOMIC",
			where: "__alloc_pages_slowpath",
			source: c.profile.atomicMustNotReclaim.source,
			evidence: c.profile.atomicMustNotReclaim.evidence,
		};
	},
};

const undefinedBits: PageRule = {
	id: "undefined-bits",
	severity: "remarkable",
	asks: "page allocator",
	check: (page, c) => {
		const unknown = (page.passed & ~c.layout.definedBits) >>> 0;
		if (unknown === 0) return undefined;
		return {
			warnings: [],
			outcome: "goes on",
			mask: (page.passed & c.layout.definedBits) >>> 0,
			text: `bits ${gfpHex(unknown)} have no meaning in ${c.profile.kernel} with this configuration and are ignored: the mask may be of another kernel`,
			where: "include/linux/gfp_types.h",
			source: "gfp.md §1",
			evidence: "read in source",
		};
	},
};

export const FLAG_RULES: readonly PageRule[] = [
	orderTooLarge,
	zoneBits,
	mobilityBits,
	memallocNomemalloc,
	atomicReclaims,
	undefinedBits,
];
