import type { KernelId } from "@pagelab/base";
import { expect } from "vitest";
import type { MachineState } from "./machine-state.ts";
import type { AllocObserver } from "./observer.ts";
import type { PageModel } from "./page-model.ts";
import { decayPcpHigh, drainAllPages, drainLocalPages } from "./pcp.ts";
import {
	fastAllocator,
	type Operation,
	OperationRunner,
	type Swarm,
	type TestAllocator,
} from "./random-operations.fixture.ts";
import { restore } from "./restore.ts";
import { snapshot } from "./snapshot.ts";
import { validate } from "./validate.ts";
import { ZONE_FLAG } from "./zone.ts";

const SILENT: AllocObserver = {
	split: () => undefined,
	merge: () => undefined,
	insert: () => undefined,
	refill: () => undefined,
	drain: () => undefined,
	fallback: () => undefined,
	watermark: () => undefined,
};

const housekeeping =
	(m: PageModel): TestAllocator["other"] =>
	(kind, on) => {
		if (kind === "drain") drainLocalPages(m);
		else if (kind === "drainAll") drainAllPages(m);
		else if (kind === "decay") for (const zone of m.zones) decayPcpHigh(m, zone);
		else for (const z of m.zones) z.flags = (z.flags & ~ZONE_FLAG.RECLAIM_ACTIVE) | (on ? ZONE_FLAG.RECLAIM_ACTIVE : 0);
	};

function expectDisjoint(held: readonly (readonly [number, number])[]): void {
	const frames = new Set<number>();
	let pages = 0;
	for (const [pfn, order] of held) {
		pages += 2 ** order;
		for (let p = pfn; p < pfn + 2 ** order; p++) frames.add(p);
	}
	expect(frames.size).toBe(pages);
}

/**
 * Performs random operations on a model with per-CPU lists, and on one that is watched, which must not make a difference:
 * while nobody watches, common requests take a short way. Both must add up throughout, and no frame may be handed out twice.
 *
 * @returns single requests performed.
 */
export function runMix(state: MachineState, kernel: KernelId, limits: Swarm, operations: readonly Operation[]): number {
	const model = restore(state, kernel);
	const watched = restore(state, kernel);
	watched.observer = SILENT;
	const runner = new OperationRunner(state, fastAllocator(model, housekeeping(model)), limits);
	const other = new OperationRunner(state, fastAllocator(watched, housekeeping(watched)), limits);
	operations.forEach((op, i) => {
		expect(runner.perform(op)).toEqual(other.perform(op));
		if (i % 64 === 63) {
			expect(validate(model)).toEqual([]);
			expectDisjoint(runner.held);
		}
	});
	expect(validate(model)).toEqual([]);
	const final = snapshot(model);
	expect(final).toEqual(snapshot(watched));
	expect(snapshot(restore(final, kernel))).toEqual(final);
	expectDisjoint(runner.held);
	runner.freeAll();
	drainAllPages(model);
	expect(validate(model)).toEqual([]);
	// With everything free again nothing is left on per-CPU lists, and as much is free as in the beginning.
	const freeOf = (s: MachineState): number[] =>
		s.nodes.flatMap((n) => n.zones.map((z) => z.nrFree.reduce((sum, blocks, order) => sum + blocks * 2 ** order, 0)));
	expect(freeOf(snapshot(model))).toEqual(freeOf(state));
	return runner.requests;
}
