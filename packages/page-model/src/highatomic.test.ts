import { ALLOC, MIGRATE } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { getPageFromFreelist } from "./get-page-from-freelist.ts";
import { unreserveHighatomicPageblock } from "./highatomic.ts";
import type { PageModel } from "./page-model.ts";
import { freeOf, testModel, type TestZone, zoneAt } from "./test-machine.fixture.ts";
import { validate } from "./validate.ts";

const { UNMOVABLE: U, MOVABLE: M, HIGHATOMIC: H } = MIGRATE;
const allocate = (m: PageModel, order: number, type: number = M): number =>
	getPageFromFreelist(m, [zoneAt(m, 0)], order, type, 2, ALLOC.NO_WATERMARKS | ALLOC.HIGHATOMIC);
const zoneOf = (more: Partial<TestZone>): TestZone => ({ pages: 8192, managed: 262_144, ...more });
const typesOf = (m: PageModel, n: number): number[] => [...m.frames.blockType.subarray(0, n)];

describe("reserving (buddy.md §10)", () => {
	test("the pageblock of a HIGHATOMIC page joins the reserve with what is free in it", () => {
		const m = testModel([
			zoneOf({
				free: [
					[4, M, 0, 32],
					[6, M, 512],
				],
			}),
		]);
		expect(allocate(m, 2)).toBe(0);
		expect(zoneAt(m, 0).nrReservedHighatomic).toBe(512);
		expect(zoneAt(m, 0).nrFreeHighatomic).toBe(28);
		expect(freeOf(m)).toEqual([
			[2, H, 4],
			[3, H, 8],
			[4, H, 32],
			[6, M, 512],
		]);
		expect(validate(m)).toEqual([]);
	});

	test("Normal of 4 GiB: six pageblocks at most, 1 % = 2621 pages rounded up to 3072", () => {
		const blocks = Array.from({ length: 8 }, (_, i) => 512 * i);
		const m = testModel([zoneOf({ free: [[4, M, ...blocks]] })]);
		// Each request empties the piece of its pageblock, so that the next one comes from another pageblock.
		for (let i = 0; i < 8; i++) allocate(m, 4);
		expect(zoneAt(m, 0).nrReservedHighatomic).toBe(3072);
		expect(typesOf(m, 8)).toEqual([H, H, H, H, H, H, M, M]);
	});

	test("64 MiB: 1 % is less than a pageblock, so never", () => {
		const m = testModel([zoneOf({ managed: 16_384, free: [[4, M, 0]] })]);
		allocate(m, 2);
		expect([zoneAt(m, 0).nrReservedHighatomic, typesOf(m, 1)]).toEqual([0, [M]]);
		const edge = testModel([zoneOf({ managed: 51_200, free: [[4, M, 0]] })]);
		allocate(edge, 2);
		expect(zoneAt(edge, 0).nrReservedHighatomic).toBe(512);
	});

	test("a page of the reserve reserves nothing", () => {
		const m = testModel([zoneOf({ types: { 0: H }, free: [[4, H, 0]], reservedHighatomic: 512 })]);
		expect(allocate(m, 4)).toBe(0);
		expect(zoneAt(m, 0).nrReservedHighatomic).toBe(512);
	});

	test("blocks of order 9 and 10 come with all their pageblocks", () => {
		const m = testModel([zoneOf({ free: [[10, M, 0, 1024]] })]);
		allocate(m, 10);
		expect([zoneAt(m, 0).nrReservedHighatomic, typesOf(m, 4)]).toEqual([1024, [H, H, M, M]]);
		allocate(m, 9);
		expect([zoneAt(m, 0).nrReservedHighatomic, typesOf(m, 4)]).toEqual([1536, [H, H, H, M]]);
		expect(validate(m)).toEqual([]);
	});

	test("not where the pageblock reaches out of the zone", () => {
		const m = testModel([zoneOf({ start: 16, pages: 1008, free: [[4, M, 16]] })]);
		expect(allocate(m, 2)).toBe(16);
		expect(zoneAt(m, 0).nrReservedHighatomic).toBe(0);
	});
});

describe("unreserving (buddy.md §10)", () => {
	const model = (reserved: number): PageModel =>
		testModel([
			zoneOf({
				types: { 0: H, 512: H, 1024: H },
				free: [
					[0, H, 700],
					[3, H, 8],
					[9, H, 1024],
				],
				reservedHighatomic: reserved,
			}),
		]);
	const unreserve = (m: PageModel, force: boolean, to: number = U): boolean =>
		unreserveHighatomicPageblock(m, m.zones, force, to);

	test("the head of the lowest order first, one pageblock a call, to the requester's type", () => {
		const m = model(1536);
		expect(unreserve(m, false)).toBe(true);
		expect([zoneAt(m, 0).nrReservedHighatomic, typesOf(m, 3)]).toEqual([1024, [H, U, H]]);
		expect(freeOf(m)[0]).toEqual([0, U, 700]);
		expect(unreserve(m, false)).toBe(true);
		expect([zoneAt(m, 0).nrReservedHighatomic, typesOf(m, 3)]).toEqual([512, [U, U, H]]);
	});

	test("the last pageblock only with force", () => {
		const m = model(512);
		expect(unreserve(m, false)).toBe(false);
		expect(typesOf(m, 3)).toEqual([H, H, H]);
		expect(unreserve(m, true)).toBe(true);
		expect(zoneAt(m, 0).nrReservedHighatomic).toBe(0);
	});

	test("a whole free pageblock goes to the tail of the other list", () => {
		const m = testModel([
			zoneOf({
				types: { 0: H, 512: M },
				free: [
					[9, H, 0],
					[9, M, 1024],
				],
				reservedHighatomic: 1024,
			}),
		]);
		expect(unreserve(m, false, M)).toBe(true);
		expect(freeOf(m)).toEqual([[9, M, 1024, 0]]);
		expect([zoneAt(m, 0).nrFreeHighatomic, zoneAt(m, 0).nrReservedHighatomic]).toEqual([0, 512]);
		expect(validate(m)).toEqual([]);
	});

	test("the next zone where this one has no free page of its reserve", () => {
		const m = testModel([
			zoneOf({ idx: 1, pages: 1024, types: { 0: H }, reservedHighatomic: 1024 }),
			zoneOf({ start: 1024, pages: 1024, types: { 1024: H }, free: [[2, H, 1024]], reservedHighatomic: 1024 }),
		]);
		expect(unreserve(m, false)).toBe(true);
		expect(m.zones.map((z) => z.nrReservedHighatomic)).toEqual([1024, 512]);
	});
});
