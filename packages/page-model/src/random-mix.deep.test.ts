import { KERNEL_IDS } from "@pagelab/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareWithTwin } from "./buddy-reference.fixture.ts";
import { buildMachine, machineRecipe, PCP_OFF } from "./random-machine.fixture.ts";
import { runMix } from "./random-mix.fixture.ts";
import { operation, swarm } from "./random-operations.fixture.ts";

/** A new seed in every run, so that every run looks somewhere else. */
const seed = Number(process.env["PAGELAB_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`random mixes: seed ${seed}; again with PAGELAB_SEED=${seed} npm run test:deep -- random-mix`);

const MIXES_AT_ONCE = 20;

/** Mixes from the seed, one batch after the other. */
function* mixes(withPcp: boolean) {
	const mix = fc.record({
		recipe: withPcp ? machineRecipe() : machineRecipe(fc.constant(PCP_OFF)),
		limits: swarm(withPcp),
		kernel: fc.constantFrom(...KERNEL_IDS),
		operations: fc.array(operation, { minLength: 400, maxLength: 400, size: "max" }),
	});
	for (let batch = 0; ; batch++) yield* fc.sample(mix, { seed: seed + batch, numRuns: MIXES_AT_ONCE });
}

test("1 000 000 random operations on random machines end valid", () => {
	let requests = 0;
	for (const { recipe, kernel, limits, operations } of mixes(true)) {
		requests += runMix(buildMachine(recipe), kernel, limits, operations);
		if (requests >= 1_000_000) break;
	}
	expect(requests).toBeGreaterThanOrEqual(1_000_000);
});

test("200 000 random operations give the same frames as the slow twin", () => {
	let requests = 0;
	for (const { recipe, kernel, limits, operations } of mixes(false)) {
		requests += compareWithTwin(buildMachine(recipe), kernel, limits, operations);
		if (requests >= 200_000) break;
	}
	expect(requests).toBeGreaterThanOrEqual(200_000);
});
