import fc from "fast-check";
import { test } from "vitest";
import { mix, runMix } from "./random-slab.fixture.ts";

test("random mixes take the same objects, pages and requests as the twin, and all pages come back", () => {
	fc.assert(fc.property(mix(40), runMix), { numRuns: 100 });
});
