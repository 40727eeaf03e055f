import { DEFAULT_KERNEL } from "@pagelab/base";
import { GFP, GFP_KERNEL, GFP_NOWAIT } from "@pagelab/gfp";
import { SlabAllocator } from "@pagelab/slab";
import { describe, expect, test } from "vitest";
import { kvmalloc } from "./kvmalloc.ts";
import { kvrealloc, type ReallocRequest, vrealloc } from "./kvrealloc.ts";
import { isVmallocAddr, VMALLOC_START } from "./vmalloc-address.ts";
import { VmallocMachine, type VmallocRun } from "./vmalloc-machine.fixture.ts";

const realloc = (m: VmallocMachine, request: Omit<ReallocRequest, "gfp"> & { gfp?: number }): VmallocRun =>
	m.run((v, context, trace) => kvrealloc(v, { gfp: GFP_KERNEL, ...request }, context, trace));

const alloc = (m: VmallocMachine, size: number): number =>
	m.run((v, context, trace) => kvmalloc(v, { size, gfp: GFP_KERNEL }, context, trace)).result?.address ?? 0;

describe("kvrealloc(p, size) of 6.12", () => {
	test("an object stays where its class has room", () => {
		const m = new VmallocMachine({
			free: 3000,
			objects: (_, pages) => new SlabAllocator({ kernel: DEFAULT_KERNEL, cpus: 1, pages }),
		});
		const address = alloc(m, 65);
		expect(realloc(m, { address, oldSize: 65, size: 96 }).result?.address).toBe(address);
		const moved = realloc(m, { address, oldSize: 65, size: 97 }).result?.address ?? 0;
		expect([moved === 0, moved === address, isVmallocAddr(moved)]).toEqual([false, false, false]);
	});

	test("an object that krealloc() cannot grow goes to vmalloc: krealloc() by the mask of kvmalloc's first step, and kvmalloc() again", () => {
		const m = new VmallocMachine({ free: 3000 });
		const address = alloc(m, 8192);
		const { result, trace } = realloc(m, { address, oldSize: 8192, size: 65_536 });
		expect(result?.address).toBe(VMALLOC_START);
		const legs = trace.entries.filter(({ who }) => who === "kmalloc leg");
		expect(legs.map(({ gfp, order, calls, got }) => [gfp, order, calls, got])).toEqual([[0x12cc0, 4, 2, 0]]);
		m.validate();
	});

	test("a failure leaves the old memory alone", () => {
		const m = new VmallocMachine({ free: 3000 });
		const address = alloc(m, 8192);
		const { result } = realloc(m, { address, oldSize: 8192, size: 65_536, gfp: GFP_NOWAIT });
		expect(result?.refusal).toBe("cannot block");
		m.otherObjects = 1;
		m.validate();
	});

	test("an area is grown in place up to its last page, then moved", () => {
		const m = new VmallocMachine({ free: 3000 });
		const address = alloc(m, 65_537);
		const same = [1, 65_536, 17 * 4096].map((size) => realloc(m, { address, oldSize: 65_537, size }).result?.address);
		expect(same).toEqual([address, address, address]);
		const moved = realloc(m, { address, oldSize: 65_537, size: 17 * 4096 + 1 }).result?.address ?? 0;
		expect([moved === address, m.v.areas.size, m.v.find(moved)?.pages]).toEqual([false, 1, 18]);
		m.validate();
	});

	test("NULL allocates; size 0 frees", () => {
		const m = new VmallocMachine({ free: 3000 });
		const address = realloc(m, { address: 0, oldSize: 0, size: 65_536 }).result?.address ?? 0;
		expect(address).toBe(VMALLOC_START);
		expect(realloc(m, { address, oldSize: 65_536, size: 0 }).result?.address).toBe(0);
		const object = realloc(m, { address: 0, oldSize: 0, size: 100 }).result?.address ?? 0;
		expect(realloc(m, { address: object, oldSize: 100, size: 0 }).result?.address).toBe(16);
		expect([m.v.areas.size, m.objects.smallObjects - m.v.space.objects]).toEqual([0, 0]);
		m.validate();
	});
});

describe("vrealloc()", () => {
	test("a failure leaves the old area alone; an address that is none is an error of the caller", () => {
		const m = new VmallocMachine({ free: 1100 });
		const address = alloc(m, 65_536);
		const gfp = GFP_KERNEL | GFP.NORETRY;
		const { result } = m.run((v, c, t) => vrealloc(v, { address, size: 2 ** 20, gfp }, c, t));
		expect([result?.refusal, m.v.areas.size]).toEqual(["pages", 1]);
		m.validate();
		expect(() => m.run((v, c, t) => vrealloc(v, { address: 4096, size: 1, gfp }, c, t))).toThrow(
			"vrealloc() of an address",
		);
	});
});

describe("kvrealloc(p, old, new) of 6.11", () => {
	test("what is not larger is returned as it is, an object too; else kvmalloc() with the whole mask, and a copy", () => {
		const m = new VmallocMachine({ free: 3000, kernel: "v6.11" });
		const address = alloc(m, 65);
		expect(realloc(m, { address, oldSize: 65, size: 65 }).result?.address).toBe(address);
		// The class would have room: 6.11 does not look.
		const { result, trace } = realloc(m, { address, oldSize: 65, size: 96 });
		expect(result?.address).not.toBe(address);
		expect(trace.entries.map(({ gfp }) => gfp)).toEqual([GFP_KERNEL]);
		const area = realloc(m, { address: result?.address ?? 0, oldSize: 96, size: 65_536 }).result?.address ?? 0;
		expect(realloc(m, { address: area, oldSize: 65_536, size: 70_000 }).result?.address).not.toBe(area);
		expect(m.v.areas.size).toBe(1);
		m.validate();
	});
});
