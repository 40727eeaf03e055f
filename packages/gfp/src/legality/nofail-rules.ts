import { MAX_PAGE_ORDER, PAGE_ALLOC_COSTLY_ORDER } from "@pagelab/base";
import { GFP } from "../bits.ts";
import type { GfpCase, PageRequest } from "./gfp-request.ts";
import { hasAll, hasAny, type PageRule, warning } from "./gfp-rule.ts";

/** Orders above the limit are refused before anybody looks at NOFAIL. */
const isNofail = ({ gfp, order }: PageRequest): boolean => order <= MAX_PAGE_ORDER && hasAny(gfp, GFP.NOFAIL);
const canBlock = ({ gfp }: PageRequest): boolean => hasAny(gfp, GFP.DIRECT_RECLAIM);

const warnsOnEntry = (c: GfpCase): boolean => c.profile.nofailWarnings.value === "entry";

const cannotBlock: PageRule = {
	id: "nofail-cannot-block",
	severity: "illegal",
	asks: "page allocator",
	check: (page, c) => {
		if (!isNofail(page) || canBlock(page)) return undefined;
		const onEntry = warnsOnEntry(c);
		return {
			warnings: [
				onEntry
					? warning("WARN_ON_ONCE", "slow path", page.gfp, c)
					: warning("WARN_ON_ONCE_GFP", "nopage", page.gfp, c),
			],
			outcome: page.hasFallback ? "goes on" : "NULL when short",
			mask: page.gfp,
			text: onEntry
				? "__GFP_NOFAIL without __GFP_DIRECT_RECLAIM: the slow path warns once on entry, whatever __GFP_NOWARN says, and returns NULL if it finds no page"
				: "__GFP_NOFAIL without __GFP_DIRECT_RECLAIM: the slow path returns NULL if it finds no page, and warns once unless __GFP_NOWARN",
			where: "__alloc_pages_slowpath",
			source: "gfp.md §7; slowpath.md §2 S0, S21, §6",
			evidence: c.profile.nofailWarnings.evidence,
		};
	},
};

/** The costly warning of 6.11 stands behind the exit of those that cannot block. */
const orderWarnings = (page: PageRequest, c: GfpCase) =>
	warnsOnEntry(c)
		? [warning("WARN_ON_ONCE", "slow path", page.gfp, c)]
		: [
				warning("WARN_ON_ONCE", "rmqueue", page.gfp, c),
				...(page.order > PAGE_ALLOC_COSTLY_ORDER && canBlock(page)
					? [warning("WARN_ON_ONCE_GFP", "nopage", page.gfp, c)]
					: []),
			];

const tooLarge: PageRule = {
	id: "nofail-order",
	severity: "illegal",
	asks: "page allocator",
	check: (page, c) => {
		if (!isNofail(page) || page.order <= 1) return undefined;
		const costly = page.order > PAGE_ALLOC_COSTLY_ORDER;
		const where = warnsOnEntry(c) ? "in the slow path only" : "on every path";
		const then = costly ? "loops without ever invoking the OOM killer" : "goes on as if it were legal";
		return {
			warnings: orderWarnings(page, c),
			outcome: costly && canBlock(page) ? "loops" : "goes on",
			mask: page.gfp,
			text: `__GFP_NOFAIL with order ${page.order}, above 1: the kernel warns once, ${where}, and ${then}`,
			where: warnsOnEntry(c) ? "__alloc_pages_slowpath" : "rmqueue",
			source: "gfp.md §7; slowpath.md §2 S0, S21, §6",
			evidence: c.profile.nofailWarnings.evidence,
		};
	},
};

const inPfMemalloc: PageRule = {
	id: "nofail-pf-memalloc",
	severity: "illegal",
	asks: "page allocator",
	check: (page, c) => {
		const onEntry = warnsOnEntry(c);
		if (!isNofail(page) || !c.pfMemalloc || (!onEntry && !canBlock(page))) return undefined;
		const reserves = hasAny(page.gfp, GFP.NOMEMALLOC) ? "half of the min reserve" : "all reserves";
		return {
			warnings: [
				onEntry
					? warning("WARN_ON_ONCE", "slow path", page.gfp, c)
					: warning("WARN_ON_ONCE_GFP", "nopage", page.gfp, c),
			],
			outcome: canBlock(page) ? "loops" : "goes on",
			mask: page.gfp,
			text: `__GFP_NOFAIL of a PF_MEMALLOC task: warned about once${onEntry ? "" : " unless __GFP_NOWARN"}; tries with ${reserves}, never reclaims, and loops`,
			where: "__alloc_pages_slowpath",
			source: "gfp.md §7; slowpath.md §6",
			evidence: onEntry ? "read in source" : c.profile.nofailWarnings.evidence,
		};
	},
};

const withNoretry: PageRule = {
	id: "nofail-noretry",
	severity: "remarkable",
	asks: "page allocator",
	check: (page) => {
		if (!isNofail(page) || !canBlock(page) || !hasAny(page.gfp, GFP.NORETRY)) return undefined;
		return {
			warnings: [],
			outcome: "loops",
			mask: page.gfp,
			text: "__GFP_NOFAIL with __GFP_NORETRY: one reclaim in each round of an endless loop, and the OOM killer is never asked",
			where: "__alloc_pages_slowpath",
			source: "gfp.md §7; slowpath.md §2 S15, S21",
			evidence: "read in source",
		};
	},
};

const withRetryMayfail: PageRule = {
	id: "nofail-retry-mayfail",
	severity: "remarkable",
	asks: "page allocator",
	check: (page) => {
		if (!isNofail(page) || !canBlock(page) || !hasAll(page.gfp, GFP.RETRY_MAYFAIL)) return undefined;
		return {
			warnings: [],
			outcome: "loops",
			mask: page.gfp,
			text: "__GFP_NOFAIL with __GFP_RETRY_MAYFAIL: loops with tries at half of the min mark, without a kill by the OOM killer",
			where: "__alloc_pages_may_oom",
			source: "gfp.md §7; slowpath.md §5, §2 S21",
			evidence: "read in source",
		};
	},
};

export const NOFAIL_RULES: readonly PageRule[] = [tooLarge, cannotBlock, inPfMemalloc, withNoretry, withRetryMayfail];
