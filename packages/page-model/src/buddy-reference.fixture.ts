import type { KernelId } from "@pagelab/base";
import { expect } from "vitest";
import { BuddyReference } from "./buddy-reference.ts";
import type { ReferenceZone } from "./buddy-reference-lists.ts";
import type { MachineState, ZoneState } from "./machine-state.ts";
import {
	fastAllocator,
	type Operation,
	OperationRunner,
	slowAllocator,
	type Swarm,
} from "./random-operations.fixture.ts";
import { restore } from "./restore.ts";
import { snapshot } from "./snapshot.ts";
import { validate } from "./validate.ts";

const fastZone = (z: ZoneState): unknown => ({
	free: z.free,
	blocks: z.blocks,
	boost: z.boost,
	flags: z.flags,
	reserved: z.nrReservedHighatomic,
	freeHighatomic: z.nrFreeHighatomic,
	shared: z.nrFreePages,
	parts: z.pcp.map((p) => p.freePagesDiff),
});

const slowZone = (twin: BuddyReference, z: ReferenceZone): unknown => ({
	free: z.lists,
	blocks: z.state.blocks.map((_, i) => twin.lists.blockTypes.get(z.state.blockStart / 512 + i)),
	boost: z.boost,
	flags: z.flags,
	reserved: z.reservedHighatomic,
	freeHighatomic: twin.lists.freeHighatomic(z),
	shared: z.sharedFree,
	parts: z.parts,
});

/**
 * Performs the operations on the fast model and its slow twin and compares every result, and now and then all lists and
 * counters. The machine has no per-CPU lists (PCP_OFF).
 *
 * @returns single requests performed.
 */
export function compareWithTwin(
	state: MachineState,
	kernel: KernelId,
	limits: Swarm,
	operations: readonly Operation[],
): number {
	const model = restore(state, kernel);
	const wakes: number[] = [];
	model.onBoostedWake = (zone) => wakes.push(zone.id);
	const twin = new BuddyReference(state, kernel);
	const fast = new OperationRunner(
		state,
		fastAllocator(model, () => undefined),
		limits,
	);
	const slow = new OperationRunner(state, slowAllocator(twin), limits);
	const compareStates = (): void => {
		const zones = snapshot(model).nodes.flatMap((n) => n.zones);
		expect(zones.map(fastZone)).toEqual(twin.lists.zones.map((z) => slowZone(twin, z)));
		expect(wakes).toEqual(twin.wakes);
		expect(validate(model)).toEqual([]);
	};
	operations.forEach((op, i) => {
		expect(fast.perform(op)).toEqual(slow.perform(op));
		if (i % 10 === 0) compareStates();
	});
	compareStates();
	fast.freeAll();
	slow.freeAll();
	compareStates();
	return fast.requests;
}
