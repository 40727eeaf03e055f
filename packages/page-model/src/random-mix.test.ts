import { KERNEL_IDS } from "@pagelab/base";
import fc from "fast-check";
import { test } from "vitest";
import { buildMachine, machineRecipe } from "./random-machine.fixture.ts";
import { runMix } from "./random-mix.fixture.ts";
import { operation, swarm } from "./random-operations.fixture.ts";

test("random operations on random machines, each run without some of the features, end valid", () => {
	fc.assert(
		fc.property(
			machineRecipe(),
			swarm(true),
			fc.constantFrom(...KERNEL_IDS),
			fc.array(operation, { minLength: 1, maxLength: 200, size: "max" }),
			(recipe, limits, kernel, operations) => {
				runMix(buildMachine(recipe), kernel, limits, operations);
			},
		),
		{ numRuns: 150 },
	);
});
