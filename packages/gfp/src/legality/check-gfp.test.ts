import { InputError } from "@pagelab/base";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import {
	GFP,
	GFP_ATOMIC,
	GFP_HIGHUSER_MOVABLE,
	GFP_KERNEL,
	GFP_KERNEL_ACCOUNT,
	GFP_NOFS,
	GFP_NOIO,
	GFP_NOWAIT,
	GFP_TRANSHUGE,
	GFP_TRANSHUGE_LIGHT,
	GFP_USER,
} from "../bits.ts";
import { GFP_KERNEL_IDS, type GfpKernelId } from "../gfp-profile.ts";
import { parseGfp } from "../parse-gfp.ts";
import { checkGfp, GFP_RULES } from "./check-gfp.ts";
import { audibleWarnings, type GfpFinding } from "./gfp-finding.ts";
import { GFP_CALLERS, type GfpCaller, type GfpRequest } from "./gfp-request.ts";
import type { GfpRule } from "./gfp-rule.ts";

const WITH_RMQUEUE: readonly GfpKernelId[] = ["v6.1", "v6.6", "v6.11"];
const WITH_ENTRY: readonly GfpKernelId[] = ["v6.12.0", "v6.12.117"];

/** A finding in one line: rule, warnings (in parentheses if silent), outcome. */
function line({ rule, warnings, outcome }: GfpFinding): string {
	const words = warnings.map(({ form, at, silent }) => (silent ? `(${form} at ${at})` : `${form} at ${at}`));
	return [rule, ...words, outcome].join(", ");
}
const lines = (gfp: number, request: GfpRequest = {}): string[] => checkGfp(gfp, request).map(line);

/** gfp.md §7, row by row. */
describe.each(WITH_RMQUEUE)("gfp.md §7, NOFAIL in %s", (kernel) => {
	const check = (text: string, request: GfpRequest = {}): string[] =>
		lines(parseGfp(text, { kernel }), { kernel, ...request });

	test("without DIRECT_RECLAIM: WARN once at nopage unless NOWARN, NULL", () => {
		expect(check("GFP_KERNEL|__GFP_NOFAIL")).toEqual([]);
		const text = "__GFP_KSWAPD_RECLAIM|__GFP_NOFAIL";
		expect(check(text)).toEqual(["nofail-cannot-block, WARN_ON_ONCE_GFP at nopage, NULL when short"]);
		expect(check(`${text}|__GFP_NOWARN`)).toEqual([
			"nofail-cannot-block, (WARN_ON_ONCE_GFP at nopage), NULL when short",
		]);
	});

	test("order > 1: WARN once in rmqueue on every path; order > 3 also at nopage unless NOWARN", () => {
		const text = "GFP_KERNEL|__GFP_NOFAIL";
		expect(check(text, { order: 1 })).toEqual([]);
		expect(check(text, { order: 2 })).toEqual(["nofail-order, WARN_ON_ONCE at rmqueue, goes on"]);
		expect(check(text, { order: 3 })).toEqual(["nofail-order, WARN_ON_ONCE at rmqueue, goes on"]);
		expect(check(text, { order: 4 })).toEqual([
			"nofail-order, WARN_ON_ONCE at rmqueue, WARN_ON_ONCE_GFP at nopage, loops",
		]);
		expect(check(`${text}|__GFP_NOWARN`, { order: 4 })).toEqual([
			"nofail-order, WARN_ON_ONCE at rmqueue, (WARN_ON_ONCE_GFP at nopage), loops",
		]);
	});

	test("in a PF_MEMALLOC task: WARN once at nopage unless NOWARN, loops", () => {
		const text = "GFP_KERNEL|__GFP_NOFAIL";
		expect(check(text, { pfMemalloc: true })).toEqual(["nofail-pf-memalloc, WARN_ON_ONCE_GFP at nopage, loops"]);
		expect(check(`${text}|__GFP_NOWARN`, { pfMemalloc: true })).toEqual([
			"nofail-pf-memalloc, (WARN_ON_ONCE_GFP at nopage), loops",
		]);
	});

	test("one that cannot block leaves before the other two warnings of nopage", () => {
		expect(check("__GFP_NOFAIL", { pfMemalloc: true, order: 5 })).toEqual([
			"nofail-order, WARN_ON_ONCE at rmqueue, goes on",
			"nofail-cannot-block, WARN_ON_ONCE_GFP at nopage, NULL when short",
		]);
	});
});

describe.each(WITH_ENTRY)("gfp.md §7, NOFAIL in %s", (kernel) => {
	const check = (text: string, request: GfpRequest = {}): string[] =>
		lines(parseGfp(text, { kernel }), { kernel, ...request });

	test("without DIRECT_RECLAIM: WARN once at slow-path entry, NOWARN or not, then NULL", () => {
		const expected = ["nofail-cannot-block, WARN_ON_ONCE at slow path, NULL when short"];
		expect(check("__GFP_KSWAPD_RECLAIM|__GFP_NOFAIL")).toEqual(expected);
		expect(check("GFP_NOWAIT|__GFP_NOFAIL")).toEqual(expected);
	});

	test("order > 1: WARN once on slow-path entry only", () => {
		const text = "GFP_KERNEL|__GFP_NOFAIL|__GFP_NOWARN";
		expect(check(text, { order: 1 })).toEqual([]);
		expect(check(text, { order: 3 })).toEqual(["nofail-order, WARN_ON_ONCE at slow path, goes on"]);
		expect(check(text, { order: 4 })).toEqual(["nofail-order, WARN_ON_ONCE at slow path, loops"]);
	});

	test("in a PF_MEMALLOC task: WARN once at entry; loops", () => {
		expect(check("GFP_KERNEL|__GFP_NOFAIL|__GFP_NOWARN", { pfMemalloc: true })).toEqual([
			"nofail-pf-memalloc, WARN_ON_ONCE at slow path, loops",
		]);
	});

	test("all three of slowpath.md S0 in its order", () => {
		expect(check("__GFP_NOFAIL", { pfMemalloc: true, order: 5 })).toEqual([
			"nofail-order, WARN_ON_ONCE at slow path, goes on",
			"nofail-cannot-block, WARN_ON_ONCE at slow path, NULL when short",
			"nofail-pf-memalloc, WARN_ON_ONCE at slow path, goes on",
		]);
	});
});

describe.each(GFP_KERNEL_IDS)("gfp.md §7, rows that are alike in all, in %s", (kernel) => {
	const check = (text: string, request: GfpRequest = {}): string[] =>
		lines(parseGfp(text, { kernel }), { kernel, ...request });

	test("NOFAIL with NORETRY or RETRY_MAYFAIL: no warning, loops without OOM", () => {
		expect(check("GFP_KERNEL|__GFP_NOFAIL|__GFP_NORETRY")).toEqual(["nofail-noretry, loops"]);
		expect(check("GFP_KERNEL|__GFP_NOFAIL|__GFP_RETRY_MAYFAIL")).toEqual(["nofail-retry-mayfail, loops"]);
	});

	test("MEMALLOC with NOMEMALLOC: the second wins", () => {
		const text = "GFP_KERNEL|__GFP_MEMALLOC|__GFP_NOMEMALLOC";
		expect(check(text)).toEqual(["memalloc-nomemalloc, goes on"]);
		expect(checkGfp(parseGfp(text, { kernel }), { kernel })[0]?.mask).toBe(0x80cc0);
	});

	test("MOVABLE with RECLAIMABLE: VM_WARN_ON", () => {
		const text = "GFP_KERNEL|__GFP_MOVABLE|__GFP_RECLAIMABLE";
		expect(check(text)).toEqual(["mobility-bits, (VM_WARN_ON at entry), goes on"]);
		expect(check(text, { debugVm: true })).toEqual(["mobility-bits, VM_WARN_ON at entry, goes on"]);
	});

	test("two zones: VM_BUG_ON with DEBUG_VM", () => {
		for (const zones of ["GFP_DMA|GFP_DMA32", "GFP_DMA|__GFP_HIGHMEM", "GFP_DMA32|__GFP_HIGHMEM"]) {
			expect(check(zones)).toEqual(["zone-bits, (VM_BUG_ON at entry), goes on"]);
			expect(check(zones, { debugVm: true })).toEqual(["zone-bits, VM_BUG_ON at entry, BUG"]);
		}
	});

	test("HIGHMEM or DMA32 to slab: stripped, with a message", () => {
		const expected = ["slab-zone-bits, pr_warn at new slab, goes on"];
		expect(check("GFP_HIGHUSER", { caller: "kmalloc" })).toEqual(expected);
		expect(check("GFP_KERNEL|GFP_DMA32", { caller: "kmem_cache_alloc" })).toEqual(expected);
		expect(check("GFP_KERNEL|GFP_DMA", { caller: "kmalloc" })).toEqual([]);
		expect(checkGfp(0x100cc6, { kernel, caller: "kmalloc" })[0]?.mask).toBe(0x100cc0);
		expect(lines(0x80000cc0, { kernel, caller: "kmalloc", order: 2 })).toEqual(expected);
	});

	test("ZERO with a constructor: WARN once in new_slab", () => {
		const ctor = { caller: "kmem_cache_alloc", slabCtor: true } as const;
		expect(check("GFP_KERNEL|__GFP_ZERO", ctor)).toEqual(["ctor-zero, WARN_ON_ONCE at new slab, goes on"]);
		expect(check("GFP_KERNEL|__GFP_ZERO", { caller: "kmem_cache_alloc" })).toEqual([]);
		expect(check("GFP_KERNEL", ctor)).toEqual([]);
	});

	test("COMP or HIGHMEM to alloc_pages_exact: WARN once, both stripped", () => {
		const expected = ["exact-comp-highmem, WARN_ON_ONCE at entry, goes on"];
		const exact = { kernel, caller: "alloc_pages_exact" } as const;
		expect(lines(0x40cc0, exact)).toEqual(expected);
		expect(lines(0x100cc2, exact)).toEqual(expected);
		expect(checkGfp(0x140cc2, exact)[0]?.mask).toBe(0x100cc0);
		expect(lines(0xcc0, exact)).toEqual([]);
	});

	test("ZERO to mempool_alloc: VM_WARN_ON_ONCE", () => {
		expect(check("GFP_NOIO|__GFP_ZERO", { caller: "mempool_alloc" })).toEqual([
			"mempool-zero, (VM_WARN_ON_ONCE at entry), goes on",
		]);
		expect(check("GFP_NOIO", { caller: "mempool_alloc" })).toEqual([]);
	});

	test("order > MAX_PAGE_ORDER: WARN once unless NOWARN, NULL, and NOFAIL does not matter", () => {
		expect(check("GFP_KERNEL", { order: 10 })).toEqual([]);
		expect(check("GFP_KERNEL", { order: 11 })).toEqual(["order-too-large, WARN_ON_ONCE_GFP at entry, NULL"]);
		expect(check("GFP_KERNEL|__GFP_NOFAIL", { order: 11 })).toEqual([
			"order-too-large, WARN_ON_ONCE_GFP at entry, NULL",
		]);
		expect(check("GFP_KERNEL|__GFP_NOWARN", { order: 11 })).toEqual([
			"order-too-large, (WARN_ON_ONCE_GFP at entry), NULL",
		]);
		expect(check("GFP_KERNEL", { order: 11, caller: "kmalloc" })).toEqual([
			"order-too-large, WARN_ON_ONCE_GFP at entry, NULL",
		]);
		// kvmalloc has vmalloc to fall back to.
		expect(check("GFP_KERNEL", { order: 11, caller: "kvmalloc" })).toEqual([]);
	});

	test("ACCOUNT in the bulk allocator: a single page", () => {
		expect(check("GFP_KERNEL_ACCOUNT", { caller: "alloc_pages_bulk" })).toEqual(["bulk-account, goes on"]);
		expect(check("GFP_KERNEL", { caller: "alloc_pages_bulk" })).toEqual([]);
	});

	test("kvmalloc that cannot block: silently no vmalloc, and no NOFAIL", () => {
		const kvmalloc = { caller: "kvmalloc", order: 1 } as const;
		expect(check("GFP_NOWAIT", kvmalloc)).toEqual(["kvmalloc-cannot-block, NULL when short"]);
		expect(check("GFP_NOWAIT|__GFP_NOFAIL", kvmalloc)).toEqual(["kvmalloc-cannot-block, NULL when short"]);
		expect(check("GFP_KERNEL|__GFP_NOFAIL", { caller: "kvmalloc", order: 9 })).toEqual([]);
		// One page at most is kmalloc's alone.
		expect(check("GFP_NOWAIT", { caller: "kvmalloc", order: 0 })).toEqual([]);
	});

	test("vmalloc that cannot block (slowpath.md §13)", () => {
		expect(check("GFP_ATOMIC", { caller: "vmalloc" })).toEqual(["vmalloc-cannot-block, NULL when short"]);
		expect(check("GFP_NOFS|__GFP_NOFAIL", { caller: "vmalloc" })).toEqual([]);
	});

	test("slab hands down only flags of reclaim and constraint, a large kmalloc all", () => {
		const both = "GFP_KERNEL|__GFP_MOVABLE|__GFP_RECLAIMABLE";
		expect(check(both, { caller: "kmem_cache_alloc" })).toEqual([]);
		expect(check(both, { caller: "kmalloc", order: 1 })).toEqual([]);
		expect(check(both, { caller: "kmalloc", order: 2 })).toEqual(["mobility-bits, (VM_WARN_ON at entry), goes on"]);
	});

	test("mempool_alloc tries without sleeping first, NOFAIL or not, and then politely (slowpath.md §14)", () => {
		const first = WITH_ENTRY.includes(kernel) ? "WARN_ON_ONCE at slow path" : "(WARN_ON_ONCE_GFP at nopage)";
		expect(check("GFP_KERNEL|__GFP_NOFAIL", { caller: "mempool_alloc" })).toEqual([
			`nofail-cannot-block, ${first}, goes on`,
			"nofail-noretry, loops",
		]);
	});

	test("bits of other kernels are ignored", () => {
		expect(lines(0x24000c0 | GFP.RECLAIM, { kernel })).toEqual(["undefined-bits, goes on"]);
	});
});

describe("gfp.md §7, 6.1 only: ATOMIC with DIRECT_RECLAIM", () => {
	test.each(GFP_KERNEL_IDS)("%s", (kernel) => {
		const [finding] = checkGfp(0x200 | GFP_KERNEL, { kernel });
		if (kernel === "v6.1") {
			expect(finding && line(finding)).toBe("atomic-reclaims, WARN_ON_ONCE at slow path, goes on");
		} else expect(finding && line(finding)).toBe("undefined-bits, goes on");
		expect(finding?.mask).toBe(GFP_KERNEL);
		expect(lines(parseGfp("GFP_ATOMIC", { kernel }), { kernel })).toEqual([]);
	});
});

describe("gfp.md §9", () => {
	const nowarnScope = (gfp: number): number => gfp | GFP.NOWARN;
	const noreclaimScope = (gfp: number): number => gfp & ~GFP.DIRECT_RECLAIM;

	it("the test of the order sees the unscoped mask", () => {
		const request = { kernel: "v6.11", order: 11, narrow: nowarnScope } as const;
		expect(lines(GFP_KERNEL, request)).toEqual(["order-too-large, WARN_ON_ONCE_GFP at entry, NULL"]);
	});

	it("everything else sees the scoped one (memalloc-scopes.md §3, 0x8cc0 under NORECLAIM, with and without NOWARN)", () => {
		const nofail = GFP_KERNEL | GFP.NOFAIL;
		expect(lines(nofail, { kernel: "v6.11", narrow: noreclaimScope })).toEqual([
			"nofail-cannot-block, WARN_ON_ONCE_GFP at nopage, NULL when short",
		]);
		expect(lines(nofail, { kernel: "v6.11", narrow: (gfp) => nowarnScope(noreclaimScope(gfp)) })).toEqual([
			"nofail-cannot-block, (WARN_ON_ONCE_GFP at nopage), NULL when short",
		]);
		// kvmalloc tests the raw mask, and so falls back to vmalloc, whose pages see the scope.
		expect(lines(nofail, { kernel: "v6.11", caller: "kvmalloc", order: 4, narrow: noreclaimScope })).toEqual([
			"nofail-cannot-block, (WARN_ON_ONCE_GFP at nopage), NULL when short",
		]);
	});

	it("gfp_allowed_mask comes before the scopes", () => {
		const booting = { allowedMask: 0xffffff & ~(GFP.RECLAIM | GFP.IO | GFP.FS) };
		const seen: number[] = [];
		const narrow = (gfp: number): number => {
			seen.push(gfp);
			return gfp;
		};
		expect(lines(GFP_KERNEL | GFP.NOFAIL, { ...booting, narrow })).toEqual([
			"nofail-cannot-block, WARN_ON_ONCE at slow path, NULL when short",
		]);
		expect(seen).toEqual([GFP.NOFAIL]);
	});
});

describe("checkGfp", () => {
	it("has nothing to say about ordinary masks", () => {
		const ordinary = [
			GFP_KERNEL,
			GFP_KERNEL_ACCOUNT,
			GFP_ATOMIC,
			GFP_NOWAIT,
			GFP_NOFS,
			GFP_NOIO,
			GFP_USER,
			GFP_HIGHUSER_MOVABLE,
			GFP_TRANSHUGE,
			GFP_TRANSHUGE_LIGHT,
		];
		for (const kernel of GFP_KERNEL_IDS) {
			for (const gfp of ordinary) expect(lines(gfp, { kernel })).toEqual([]);
		}
	});

	it("takes rules of other policies", () => {
		const onlyWholeNofail: GfpRule = {
			id: "nofail-spelling",
			severity: "illegal",
			asks: "caller",
			check: ({ given }) =>
				(given & GFP.NOFAIL) === 0 || (given & GFP_KERNEL) === GFP_KERNEL
					? undefined
					: {
							warnings: [],
							outcome: "goes on",
							mask: given,
							text: "NOFAIL is spelled GFP_NOFAIL",
							where: "proposal",
							source: "thread.md §5 P7",
							evidence: "inferred",
						},
		};
		const rules = [...GFP_RULES, onlyWholeNofail];
		expect(checkGfp(GFP_NOFS | GFP.NOFAIL, {}, rules).map((f) => f.rule)).toEqual(["nofail-spelling"]);
		expect(checkGfp(GFP_KERNEL | GFP.NOFAIL, {}, rules)).toEqual([]);
	});

	test.each([
		[0xcc0, -1, "order -1 cannot be checked"],
		[0xcc0, 1.5, "order 1.5 cannot be checked"],
		[-1, 0, "gfp mask -1 cannot be checked"],
		[2 ** 32, 0, "gfp mask 4294967296 cannot be checked"],
	])("refuses mask %i of order %d", (gfp, order, message) => {
		expect(() => checkGfp(gfp, { order })).toThrow(InputError);
		expect(() => checkGfp(gfp, { order })).toThrow(message);
	});

	/** True of any request, whatever the rules say. */
	test("any mask of any caller: only a GFP or VM form is silent, rules speak once, NULL needs a reason", () => {
		const requests = fc.record({
			kernel: fc.constantFrom(...GFP_KERNEL_IDS),
			caller: fc.constantFrom<GfpCaller>(...GFP_CALLERS),
			order: fc.integer({ min: 0, max: 12 }),
			pfMemalloc: fc.boolean(),
			debugVm: fc.boolean(),
			slabCtor: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 0xffffff }), requests, (gfp, request) => {
				const findings = checkGfp(gfp, request);
				expect(new Set(findings.map((f) => f.rule)).size).toBe(findings.length);
				for (const { warnings, outcome, severity, mask } of findings) {
					for (const { form, silent } of warnings) {
						if (silent) expect(form === "WARN_ON_ONCE_GFP" || form.startsWith("VM_")).toBe(true);
					}
					if (severity === "remarkable") expect(warnings).toEqual([]);
					else expect(warnings).not.toEqual([]);
					if (outcome === "BUG") expect(request.debugVm).toBe(true);
					if (outcome === "NULL") expect(request.order).toBeGreaterThan(10);
					expect(mask).toBe(mask >>> 0);
				}
			}),
		);
	});
});

interface Sample {
	readonly op: string;
	readonly arg: number;
	readonly gfp: number;
	readonly taskFlags: string | number;
	readonly ok: readonly number[];
}

/** Pages of a size, as get_order() rounds them. */
const orderOf = (bytes: number): number => Math.max(0, Math.ceil(Math.log2(Math.max(bytes, 1) / 4096)));

const REQUEST_OF: Readonly<Record<string, (arg: number) => GfpRequest>> = {
	A: (order) => ({ order }),
	M: (bytes) => ({ caller: "kmalloc", order: orderOf(bytes) }),
	K: (bytes) => ({ caller: "kvmalloc", order: orderOf(bytes) }),
	V: (bytes) => ({ caller: "vmalloc", order: orderOf(bytes) }),
};

test.skipIf(sharedFolder === undefined)(
	"predicts the page allocator's warnings about too large and contradictory requests on 6.12.117 (needs the shared folder)",
	() => {
		const recording = JSON.parse(new TextDecoder().decode(readShared("oracle/scope/toobig.json.gz"))) as {
			samples: Sample[];
			files: { dmesg: string };
		};
		const heard = [...recording.files.dmesg.matchAll(/WARNING: .* at mm\/page_alloc\.c:\d+ (\w+?)(?:_noprof)?[.+]/g)];

		// A latch is consumed by the first request that warns; only those that failed are known to have been slow.
		const latches: string[] = [];
		for (const { op, arg, gfp, taskFlags, ok } of recording.samples) {
			const pfMemalloc = (Number(taskFlags) & 0x800) !== 0;
			const request = { ...(REQUEST_OF[op] as (arg: number) => GfpRequest)(arg), pfMemalloc };
			for (const finding of checkGfp(gfp, request)) {
				const gotThere = audibleWarnings(finding).filter(({ at }) => at === "entry" || ok.includes(0));
				if (gotThere.length > 0 && !latches.includes(finding.rule)) latches.push(finding.rule);
			}
		}
		expect(latches).toEqual(["order-too-large", "nofail-order", "nofail-cannot-block"]);
		expect(heard.map((match) => match[1])).toEqual([
			"__alloc_pages",
			"__alloc_pages_slowpath",
			"__alloc_pages_slowpath",
		]);
	},
);
