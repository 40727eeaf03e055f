import { getOrder, InputError, MAX_PAGE_ORDER, PAGE_SIZE } from "@pagelab/base";
import { describe, expect, test } from "vitest";
import { calculateOrder, orderObjects, slabOrders } from "./calculate-order.ts";

// Worked out by hand from slowpath.md §11: 8, 16 and 32 objects are wanted on 1, 4 and 64 CPUs, at most those that fit order 3.
// Each row: size, min order, then [preferred order, objects of a slab] for 1, 4 and 64 CPUs.
const BY_HAND: readonly (readonly [number, number, ...(readonly [number, number])[]])[] = [
	[8, 0, [0, 512], [0, 512], [0, 512]],
	[64, 0, [0, 64], [0, 64], [0, 64]],
	[192, 0, [0, 21], [0, 21], [1, 42]], // 32 · 192 = 6144 is order 1; 8192 % 192 = 128 ≤ 512
	[256, 0, [0, 16], [0, 16], [1, 32]],
	[344, 0, [1, 23], [1, 23], [2, 47]], // 4096 % 344 = 312 > 256; 8192 % 344 = 280 ≤ 512; 16384 % 344 = 216
	[624, 0, [1, 13], [2, 26], [3, 52]], // 4992, 9984 and 19968 bytes wanted
	[700, 0, [1, 11], [2, 23], [3, 46]], // 8192 % 700 = 492 ≤ 512; 16384 % 700 = 284; 32768 % 700 = 568
	[1024, 0, [1, 8], [2, 16], [3, 32]],
	[1088, 0, [2, 15], [3, 30], [3, 30]], // 8704 and 17408 bytes wanted; at most 30 objects
	[1500, 0, [3, 21], [3, 21], [3, 21]], // 16384 % 1500 = 1384 > 1024; 32768 % 1500 = 1268 ≤ 2048
	[2048, 0, [2, 8], [3, 16], [3, 16]],
	[2672, 0, [3, 12], [3, 12], [3, 12]],
	[4096, 0, [3, 8], [3, 8], [3, 8]],
	[5000, 1, [3, 6], [3, 6], [3, 6]], // 32768 % 5000 = 2768: more than 1/16, less than 1/8
	[8192, 1, [3, 4], [3, 4], [3, 4]],
	[9000, 2, [3, 3], [3, 3], [3, 3]], // 5768 bytes lost: less than 1/4
	[10923, 2, [3, 2], [3, 2], [3, 2]], // 10922 bytes lost: less than 1/2
	[17000, 3, [3, 1], [3, 1], [3, 1]], // 15768 bytes lost: still less than 1/2
	[40000, 4, [4, 1], [4, 1], [4, 1]], // beyond slub_max_order: the order of one object
	[4194304, 10, [10, 1], [10, 1], [10, 1]],
];

describe("worked out by hand", () => {
	const cases = BY_HAND.flatMap(([size, min, ...preferred]) =>
		[1, 4, 64].map((cpus, i) => ({ size, cpus, min, preferred: preferred[i]?.[0], objects: preferred[i]?.[1] })),
	);

	test.each(cases)("$size bytes, $cpus CPUs: order $preferred, at least $min", ({ size, cpus, ...expected }) => {
		const orders = slabOrders(size, cpus);
		expect({ ...orders, objects: orderObjects(orders.preferred, size) }).toEqual(expected);
	});
});

/** The same question asked of all orders at once: those with room for the objects wanted, graded by what they waste. */
function twin(size: number, cpus: number): number | undefined {
	const wanted = Math.min(4 * (cpus.toString(2).length + 1), Math.max(1, Math.floor(32768 / size)));
	const candidates = [0, 1, 2, 3]
		.filter((order) => 4096 * 2 ** order >= wanted * size)
		.map((order) => {
			const room = 4096 * 2 ** order;
			const waste = (room - Math.floor(room / size) * size) / room;
			return { order, grade: [1 / 16, 1 / 8, 1 / 4, 1 / 2].findIndex((share) => waste <= share) };
		})
		.filter(({ grade }) => grade >= 0)
		.toSorted((a, b) => a.grade - b.grade || a.order - b.order);
	const smallest = Array.from({ length: 11 }, (_, order) => order).find((order) => 4096 * 2 ** order >= size);
	return candidates[0]?.order ?? smallest;
}

test.each([1, 2, 4, 24, 64, 8192])("all sizes up to 10 pages, %i CPUs: as the obvious twin", (cpus) => {
	const sizes = Array.from({ length: 40_960 - 7 }, (_, i) => i + 8);
	expect(sizes.filter((size) => calculateOrder(size, cpus) !== twin(size, cpus))).toEqual([]);
});

test.each([1, 4, 64])("the largest sizes, %i CPUs: as the obvious twin", (cpus) => {
	for (let order = 3; order <= MAX_PAGE_ORDER; order++) {
		for (const size of [(PAGE_SIZE << order) - 8, PAGE_SIZE << order, (PAGE_SIZE << order) + 8]) {
			expect([size, calculateOrder(size, cpus)]).toEqual([size, twin(size, cpus)]);
		}
	}
});

test("a cache whose object fits no block cannot be made", () => {
	expect(calculateOrder(4194305, 4)).toBeUndefined();
	expect(() => slabOrders(4194305, 4)).toThrow(
		new InputError("objects of 4194305 bytes fit into no slab, expected at most 4194304"),
	);
});

test.each([
	// sizes-and-limits.md §2
	[1, 0],
	[4096, 0],
	[4097, 1],
	[8193, 2],
	[32768, 3],
	[32769, 4],
	[100 * 1024, 5],
	[262144, 6],
	[4194304, 10],
	[4194305, 11],
])("get_order(%i) = %i", (bytes, order) => {
	expect(getOrder(bytes)).toBe(order);
});
