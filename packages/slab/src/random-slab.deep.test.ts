import fc from "fast-check";
import { test } from "vitest";
import { mix, runMix } from "./random-slab.fixture.ts";

test("long random mixes", () => {
	fc.assert(fc.property(mix(600), runMix), { numRuns: 100 });
}, 300_000);
