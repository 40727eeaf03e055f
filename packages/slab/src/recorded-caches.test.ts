import { PAGE_SIZE } from "@pagelab/base";
import { expect, test } from "vitest";
import { calculateSizes } from "./calculate-sizes.ts";
import { cpuPartialObjects } from "./partial-limits.ts";
import { RECORDED_CACHES, RECORDED_CPUS } from "./recorded-caches.fixture.ts";

const specOf = ({
	name,
	objectSize,
	align,
	flags,
}: (typeof RECORDED_CACHES)[number]): Parameters<typeof calculateSizes>[0] => ({
	name,
	size: objectSize,
	align,
	hwcacheAlign: flags.includes("h"),
	typesafeByRcu: flags.includes("u"),
	ctor: flags.includes("c"),
	freePointerInside: flags.includes("i"),
});

test("the recording has caches of all kinds", () => {
	expect(RECORDED_CACHES.length).toBeGreaterThan(120);
	for (const flag of ["r", "h", "d", "u", "c"]) {
		expect(RECORDED_CACHES.some(({ flags }) => flags.includes(flag))).toBe(true);
	}
});

test.each(RECORDED_CACHES)("$name: $objectSize bytes as a running kernel has it", (recorded) => {
	const sizes = calculateSizes(specOf(recorded), RECORDED_CPUS);
	expect({
		size: sizes.size,
		align: sizes.align,
		order: sizes.orders.preferred,
		objects: sizes.objects,
		minPartial: sizes.minPartial,
		cpuPartial: cpuPartialObjects(sizes.size),
	}).toEqual({
		size: recorded.size,
		align: recorded.align,
		order: recorded.order,
		objects: recorded.objects,
		minPartial: recorded.minPartial,
		cpuPartial: recorded.cpuPartial,
	});
	expect(PAGE_SIZE << sizes.orders.min).toBeGreaterThanOrEqual(recorded.size);
});
