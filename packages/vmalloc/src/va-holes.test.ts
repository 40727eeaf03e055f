import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VaHoles } from "./va-holes.ts";

const take = (holes: VaHoles, pages: number, align = 1): number | undefined => {
	const fit = holes.find(pages, align);
	if (fit === undefined) return undefined;
	holes.take(fit, pages, holes.splits(fit, pages) ? 99 : undefined);
	return fit.start;
};

describe("holes of the address space", () => {
	test("the lowest address that fits is taken, a hole that is too small passed over", () => {
		const holes = new VaHoles(100);
		expect([take(holes, 10), take(holes, 5), take(holes, 20)]).toEqual([0, 10, 15]);
		holes.give({ start: 10, end: 15, object: 1 });
		expect([take(holes, 6), take(holes, 5), take(holes, 60)]).toEqual([35, 10, undefined]);
	});

	test("alignment splits a hole, which takes one object more; full and edge fits take none", () => {
		const holes = new VaHoles(64);
		take(holes, 3);
		const fit = holes.find(16, 16);
		expect(fit).toEqual({ index: 0, start: 16 });
		expect(fit !== undefined && holes.splits(fit, 16)).toBe(true);
		expect(holes.take({ index: 0, start: 16 }, 16, 7)).toBeUndefined();
		expect(holes.list).toEqual([
			{ start: 3, end: 16, object: 7 },
			{ start: 32, end: 64, object: 0 },
		]);
		expect(holes.splits({ index: 0, start: 3 }, 13)).toBe(false);
		expect(holes.take({ index: 0, start: 3 }, 13, undefined)).toBe(7);
		// From the right edge.
		expect(holes.take({ index: 0, start: 48 }, 16, undefined)).toBeUndefined();
		expect(holes.list).toEqual([{ start: 32, end: 48, object: 0 }]);
	});

	test("what is given back is merged with both neighbours; two objects become free", () => {
		const holes = new VaHoles(30);
		for (let i = 0; i < 3; i++) take(holes, 10);
		expect(holes.give({ start: 0, end: 10, object: 1 })).toEqual([]);
		expect(holes.give({ start: 20, end: 30, object: 3 })).toEqual([]);
		expect(holes.give({ start: 10, end: 20, object: 2 })).toEqual([2, 3]);
		expect(holes.list).toEqual([{ start: 0, end: 30, object: 1 }]);
	});

	test("giving back what is free already is an error of the caller", () => {
		const holes = new VaHoles(30);
		take(holes, 10);
		expect(() => holes.give({ start: 5, end: 15, object: 1 })).toThrow("address space freed twice");
		expect(() => holes.give({ start: 20, end: 25, object: 1 })).toThrow("address space freed twice");
	});

	test("places are those of a map of single pages", () => {
		const SIZE = 128;
		const step = fc.oneof(
			fc.record({ pages: fc.integer({ min: 1, max: 24 }), align: fc.constantFrom(1, 1, 1, 2, 8, 16) }),
			fc.record({ free: fc.nat() }),
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
				const holes = new VaHoles(SIZE);
				// The slow twin: one boolean a page, and a search from 0 for each request.
				const used = new Array<boolean>(SIZE).fill(false);
				const taken: { start: number; pages: number }[] = [];
				const place = (pages: number, align: number): number | undefined => {
					for (let start = 0; start + pages <= SIZE; start += align) {
						if (!used.slice(start, start + pages).includes(true)) return start;
					}
					return undefined;
				};
				for (const s of steps) {
					if ("pages" in s) {
						const expected = place(s.pages, s.align);
						expect(take(holes, s.pages, s.align)).toBe(expected);
						if (expected === undefined) continue;
						used.fill(true, expected, expected + s.pages);
						taken.push({ start: expected, pages: s.pages });
					} else if (taken.length > 0) {
						const [area] = taken.splice(s.free % taken.length, 1);
						if (area === undefined) continue;
						used.fill(false, area.start, area.start + area.pages);
						holes.give({ start: area.start, end: area.start + area.pages, object: 5 });
					}
					const free = holes.list.reduce((sum, { start, end }) => sum + end - start, 0);
					expect(free).toBe(used.filter((u) => !u).length);
					expect(holes.list.some(({ end }, i) => holes.list[i + 1]?.start === end)).toBe(false);
				}
			}),
		);
	});
});
