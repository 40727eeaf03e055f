import { asGfp, PAGE_SIZE } from "@pagelab/base";
import { ALLOC_WARNING, MM_EVENT, NO_PAGE, NULL } from "@pagelab/contracts";
import { GFP, GFP_KERNEL } from "@pagelab/gfp";
import { inInterrupt, MIGHT_ALLOC, mightAlloc } from "@pagelab/memalloc";
import type { Steps } from "@pagelab/sim";
import { allocObject, OBJECT_BYTES } from "./alloc-object.ts";
import { applyGfpScope, restoreGfpScope } from "./gfp-scope.ts";
import type { VmallocCall } from "./inner-allocation.ts";
import { SLEEP_ONE_JIFFY } from "./jiffy.ts";
import { mightSleep } from "./might-sleep.ts";
import { pagesForBytes } from "./pages-for-bytes.ts";
import { PMD_ORDER, PMD_PAGES } from "./page-tables.ts";
import { abandonArea } from "./vfree.ts";
import type { VmArea } from "./vm-area.ts";
import { vmAreaAllocPages } from "./vm-area-alloc-pages.ts";
import { Vmalloc } from "./vmalloc.ts";
import { addressOfPage } from "./vmalloc-address.ts";
import { vmallocError } from "./vmalloc-error.ts";
import { refused, type VmallocRefusal, type VmallocResult } from "./vmalloc-result.ts";

/** A request to __vmalloc_node_range(), from VMALLOC_START to VMALLOC_END. */
export interface VmallocRequest {
	/** In bytes, 0 or more. */
	readonly size: number;
	readonly gfp: number;
	/** NUMA_NO_NODE if left out. */
	readonly nid?: number;
	/** In bytes, a power of two; one page if left out. */
	readonly align?: number;
	/** VM_ALLOW_HUGE_VMAP: pages of 2 MiB may be tried first. */
	readonly allowHuge?: boolean;
}

/** Bytes of a pointer in the page array. */
const POINTER_BYTES = 8;

/** Mask of every page-table page, whatever the caller's. */
const PAGE_TABLE_GFP = GFP_KERNEL | GFP.ZERO;

/** One attempt with pages of one order. */
interface Attempt extends VmallocRequest {
	/** 0 or {@link PMD_ORDER}. */
	readonly order: number;
	readonly call: VmallocCall;
}

/** V2: whether an attempt with huge pages comes first. Without a node each online one must get a huge page's share. */
function triesHuge({ env }: Vmalloc, { allowHuge, nid, size }: VmallocRequest): boolean {
	const share = nid === undefined ? size / (env.nodes ?? 1) : size;
	return allowHuge === true && Math.floor(share) >= PMD_PAGES * PAGE_SIZE;
}

const alignUp = (n: number, align: number): number => Math.ceil(n / align) * align;

/** __get_vm_area_node(), V3 and V4: the object and its address space, or why not. */
function* getVmAreaNode(v: Vmalloc, a: Attempt): Steps<VmArea | VmallocRefusal> {
	const { env } = v;
	if (inInterrupt(a.call.context.preemptCount)) {
		env.events.emit(MM_EVENT.WARN, ALLOC_WARNING.VMALLOC_BUG);
		return "BUG: in interrupt";
	}
	const { nid, size, order, call } = a;
	const gfp = a.gfp & v.reclaimMask;
	const zeroed = gfp | GFP.ZERO;
	const object = yield* allocObject(env, { who: "vm_struct", size: OBJECT_BYTES.vmStruct, gfp: zeroed, nid }, call);
	if (object === NULL) return "vm_struct";
	const pages = alignUp(pagesForBytes(size), 2 ** order);
	const align = Math.max(pagesForBytes(a.align ?? 1), 2 ** order);
	const va = yield* v.space.alloc({ pages: pages + 1, align, gfp, nid }, call);
	if (typeof va === "string") {
		env.objects.kfree(object);
		return va;
	}
	const area: VmArea = { va, object, pages, pageOrder: order, array: NULL, pfns: [] };
	v.areas.set(va.start, area);
	return area;
}

/** V5: again and again for __GFP_NOFAIL. */
function* getArea(v: Vmalloc, a: Attempt): Steps<VmArea | VmallocRefusal> {
	const nofail = (a.gfp & GFP.NOFAIL) !== 0;
	const text = `vm_struct allocation failed${nofail ? ". Retrying." : ""}`;
	for (;;) {
		const area = yield* getVmAreaNode(v, a);
		if (typeof area !== "string" || area === "BUG: in interrupt") return area;
		vmallocError(v.env, { size: a.size, text, gfp: a.gfp }, a.call);
		if (!nofail) return area;
		a.call.trace?.noteEvent("sleeps a jiffy for an area");
		yield SLEEP_ONE_JIFFY;
	}
}

/** V6: NULL, a kmalloc object, or an area of its own above one page. */
function* allocArray(v: Vmalloc, a: Attempt, pages: number): Steps<number> {
	const { nid, call } = a;
	const size = pages * POINTER_BYTES;
	const gfp = (a.gfp & v.reclaimMask) | GFP.ZERO;
	if (size <= PAGE_SIZE) return yield* allocObject(v.env, { who: "page array", size, gfp, nid }, call);
	const nested: VmallocRequest = { size, gfp, ...(nid === undefined ? {} : { nid }) };
	return (yield* vmallocNodeRange(v, nested, { ...call, depth: call.depth + 1 })).address;
}

/** A page-table page: the mask is fixed, only the task's flags can narrow it. */
function* allocTable({ env }: Vmalloc, { call }: Attempt): Steps<number> {
	const { context } = call;
	const gfp = PAGE_TABLE_GFP;
	const { flags } = context.task;
	const scoped = env.contextRule.narrow(flags, asGfp(gfp));
	const mightAllocSkipsPfMemalloc = env.rules.mightAllocSkipsPfMemalloc.value;
	const checks = mightAlloc(scoped, flags, { rule: env.contextRule, nolockdep: 0, mightAllocSkipsPfMemalloc });
	if ((checks & MIGHT_ALLOC.MIGHT_SLEEP) !== 0) mightSleep(env, call);
	const noted = call.trace?.begin({ who: "page table", gfp, order: 0, wanted: 1 }, call);
	const pfn = yield* env.pages.allocPages({ gfp, order: 0 }, context);
	noted?.(pfn === NO_PAGE ? 0 : 1);
	return pfn;
}

/** V8, inside of the scope that the caller's mask asks for: two states of the task's flags in one call. */
function* mapArea(v: Vmalloc, a: Attempt, area: VmArea): Steps<boolean> {
	const { rules } = v.env;
	const { task } = a.call.context;
	const huge = a.order > 0;
	const mayWait = !rules.nonBlockNeverSleeps.value || Vmalloc.mayBlock(a.gfp);
	const nofail = (a.gfp & GFP.NOFAIL) !== 0 && mayWait;
	if (huge) mightSleep(v.env, a.call);
	const saved = applyGfpScope(rules, task, a.gfp);
	let mapped = yield* v.tables.map(area.va.start, area.pages, huge, () => allocTable(v, a));
	while (!mapped && nofail) {
		a.call.trace?.noteEvent("sleeps a jiffy for page tables");
		yield SLEEP_ONE_JIFFY;
		mapped = yield* v.tables.map(area.va.start, area.pages, huge, () => allocTable(v, a));
	}
	restoreGfpScope(task, saved);
	return mapped;
}

/** __vmalloc_area_node(), V6 to V8. @returns why it failed, or undefined. */
function* fillArea(v: Vmalloc, a: Attempt, area: VmArea): Steps<VmallocRefusal | undefined> {
	const { env } = v;
	const { nid, order, call } = a;
	const gfp = (a.gfp & (GFP.DMA | GFP.DMA32)) === 0 ? a.gfp | GFP.HIGHMEM : a.gfp;
	area.array = yield* allocArray(v, a, area.pages);
	if (area.array === NULL) {
		const text = `failed to allocated page array size ${area.pages * POINTER_BYTES}`;
		vmallocError(env, { size: area.pages * PAGE_SIZE, text, gfp }, call);
		return "page array";
	}
	const { pages, pfns } = area;
	yield* vmAreaAllocPages(env, { gfp: gfp | GFP.NOWARN, nid, order, pages, pfns }, call);
	const obtained = pfns.length * PAGE_SIZE;
	if (pfns.length < pages) {
		const killed = call.context.process?.killPending === true;
		const size = env.rules.failureSizeAskedFor.value ? a.size : obtained;
		if (!killed && order === 0) vmallocError(env, { size, text: "failed to allocate pages", gfp }, call);
		return killed ? "fatal signal" : "pages";
	}
	if (yield* mapArea(v, a, area)) return undefined;
	vmallocError(env, { size: obtained, text: "failed to map pages", gfp }, call);
	return "page tables";
}

function* attempt(v: Vmalloc, a: Attempt): Steps<VmallocResult> {
	const area = yield* getArea(v, a);
	if (typeof area === "string") return refused(area);
	const failure = yield* fillArea(v, a, area);
	if (failure === undefined) return { address: addressOfPage(area.va.start) };
	if (abandonArea(v, area, a.call.context) === "kept") a.call.trace?.noteEvent("failed area kept for a worker");
	return refused(failure);
}

/** V1. */
function refusal({ env }: Vmalloc, { size, gfp }: VmallocRequest, call: VmallocCall): VmallocRefusal | undefined {
	if (size === 0) {
		env.warned.once(env.events, ALLOC_WARNING.VMALLOC_SIZE_ZERO);
		return "size 0";
	}
	if (Math.floor(size / PAGE_SIZE) <= env.totalPages) return undefined;
	vmallocError(env, { size, text: "exceeds total pages", gfp }, call);
	return "exceeds total pages";
}

/**
 * __vmalloc_node_range() of mm/vmalloc.c, steps V1 to V9 of slowpath.md §13, by the rules of the environment
 * (vmalloc-2025.md §5). The mask is not filtered: see {@link vmalloc} for that.
 *
 * Leaves out KASAN and KMSAN, memcg counters, and VM_* flags beside VM_ALLOW_HUGE_VMAP.
 *
 * @returns an address or NULL with the reason. In an interrupt, or with BH disabled, the kernel BUG()s: the event VMALLOC_BUG, and
 * the refusal of that name, after which the task must not go on.
 */
export function* vmallocNodeRange(v: Vmalloc, request: VmallocRequest, call: VmallocCall): Steps<VmallocResult> {
	const early = refusal(v, request, call);
	if (early !== undefined) return refused(early);
	if (triesHuge(v, request)) {
		const result = yield* attempt(v, { ...request, order: PMD_ORDER, call });
		if (result.refusal === undefined || result.refusal === "BUG: in interrupt") return result;
		call.trace?.noteEvent("huge attempt failed");
	}
	return yield* attempt(v, { ...request, order: 0, call });
}
