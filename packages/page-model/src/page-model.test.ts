import { InputError } from "@pagelab/base";
import { GFP, GFP_DMA32, GFP_HIGHUSER_MOVABLE, GFP_KERNEL } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import { bootModel } from "./boot/boot-machine.ts";
import { parseMachineSpec } from "./boot/parse-machine-spec.ts";
import { testModel } from "./test-machine.fixture.ts";

describe("the zone of a frame", () => {
	test("also where zones meet inside of a pageblock, or have one frame", () => {
		const m = testModel([
			{ idx: 0, pages: 4 },
			{ idx: 1, start: 4, pages: 1 },
			{ idx: 2, start: 5, pages: 1019 },
		]);
		expect([0, 3, 4, 5, 1023, 1024, 2 ** 31].map((pfn) => m.zoneOf(pfn)?.idx)).toEqual([
			0,
			0,
			1,
			2,
			2,
			undefined,
			undefined,
		]);
	});

	test("none in front of the first zone and in gaps between zones", () => {
		const m = testModel([
			{ idx: 1, start: 8, pages: 504 },
			{ idx: 2, start: 1024, pages: 512 },
		]);
		expect([0, 7, 8, 511, 512, 1023, 1024].map((pfn) => m.zoneOf(pfn)?.idx)).toEqual([
			undefined,
			undefined,
			1,
			1,
			undefined,
			undefined,
			2,
		]);
	});
});

describe("the zonelist of a request", () => {
	const m = bootModel(parseMachineSpec("5G,nodes=2"), "v6.12.117");
	const zones = (nid: number, gfp: number): string[] =>
		m.requestZones(nid, gfp).zones.map((z) => `${z.node}:${z.name}`);

	test("starts at the preferred node and its highest zone, cut to the mask", () => {
		expect(zones(0, GFP_KERNEL)).toEqual(["0:DMA32", "0:DMA", "1:Normal", "1:DMA32"]);
		expect(zones(1, GFP_HIGHUSER_MOVABLE)).toEqual(["1:Normal", "1:DMA32", "0:DMA32", "0:DMA"]);
		expect(zones(1, GFP_DMA32)).toEqual(["1:DMA32", "0:DMA32", "0:DMA"]);
		expect(zones(1, GFP.DMA)).toEqual(["0:DMA"]);
		expect(zones(1, GFP.DMA | GFP.THISNODE)).toEqual([]);
	});

	test("a node that is not there is refused", () => {
		for (const nid of [2, -1]) expect(() => m.requestZones(nid, GFP_KERNEL)).toThrow(InputError);
		expect(() => m.requestZones(2, GFP_KERNEL)).toThrow("no node 2, expected one of 0, 1");
	});
});
