import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PAGE_SIZE } from "@pagelab/base";
import { describe, expect, test } from "vitest";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { orderObjects, slabOrders } from "./calculate-order.ts";
import { calculateSizes } from "./calculate-sizes.ts";
import { type WildFailure, wildFailures } from "./wild-slab-failures.fixture.ts";

/**
 * Numbers of CPUs under which a log's preferred order is to come out: what its machine has, where the log says so.
 *
 * 128: a Power Mac G4 with one or two CPUs. 163: an arm64 board with eight. 189 has debugging switched on (640 bytes for an
 * object of 208), which limits slabs to the minimum order; its processors are not in the log.
 */
const CPUS: Readonly<Record<string, readonly number[]>> = { 128: [1, 2], 163: [8] };

/** Of all logs of the shared folder. */
function failuresOfAll(shared: string): WildFailure[] {
	const folder = join(shared, "klog");
	const logs = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
	return logs.flatMap(({ name }) => wildFailures(name, readFileSync(join(folder, name, "log.txt"), "utf8")));
}

describe.skipIf(sharedFolder === undefined)("SLUB failures in the wild (needs the shared folder)", () => {
	const failures = sharedFolder === undefined ? [] : failuresOfAll(sharedFolder);

	test("there are three", () => {
		expect(failures.map(({ log }) => log)).toEqual(["128", "163", "189"]);
	});

	test.each(failures)("$log: $cache, $size bytes", ({ log, size, order, minOrder, slabs, objects }) => {
		expect(slabOrders(size, 1).min).toBe(minOrder);
		// Every slab of these has the preferred order: so many objects fit.
		expect(objects / slabs).toBe(orderObjects(order, size));
		for (const cpus of CPUS[log] ?? []) expect(slabOrders(size, cpus).preferred).toBe(order);
		expect(PAGE_SIZE << order).toBeGreaterThanOrEqual(size);
	});

	test("the buffer size of the one without debugging and with our cache lines follows from its object size", () => {
		const { objectSize, size } = failures.find(({ log }) => log === "163") ?? { objectSize: 1, size: 0 };
		expect(calculateSizes({ name: "skbuff_head_cache", size: objectSize, hwcacheAlign: true }, 8).size).toBe(size);
	});
});
