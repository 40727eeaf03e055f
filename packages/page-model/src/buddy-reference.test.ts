import { KERNEL_IDS } from "@pagelab/base";
import fc from "fast-check";
import { describe, test } from "vitest";
import { compareWithTwin } from "./buddy-reference.fixture.ts";
import { buildMachine, machineRecipe, PCP_OFF } from "./random-machine.fixture.ts";
import { operation, swarm } from "./random-operations.fixture.ts";

describe.each(KERNEL_IDS)("the fast model of %s and its slow twin", (kernel) => {
	test("agree on every frame, list and counter of random machines", () => {
		fc.assert(
			fc.property(
				machineRecipe(fc.constant(PCP_OFF)),
				swarm(false),
				fc.array(operation, { minLength: 1, maxLength: 120, size: "max" }),
				(recipe, limits, operations) => {
					compareWithTwin(buildMachine(recipe), kernel, limits, operations);
				},
			),
			{ numRuns: 100 },
		);
	});
});
