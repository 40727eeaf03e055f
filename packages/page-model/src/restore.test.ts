import { InputError } from "@pagelab/base";
import { MIGRATE } from "@pagelab/gfp";
import { describe, expect, test } from "vitest";
import type { MachineState, NodeState, ZoneState } from "./machine-state.ts";
import { MAX_FRAMES, restore } from "./restore.ts";
import { testState } from "./test-machine.fixture.ts";

const good = testState([{ pages: 1024, free: [[3, MIGRATE.MOVABLE, 8]] }]);
const node = good.nodes[0] as NodeState;
const zone = node.zones[0] as ZoneState;
const withZone = (change: Partial<ZoneState>): MachineState => ({
	...good,
	nodes: [{ ...node, zones: [{ ...zone, ...change }] }],
});

describe("states that cannot be restored", () => {
	test.each([
		["no node", { ...good, nodes: [] }, "a machine needs at least one node with a zone"],
		[
			"another pageblock order",
			{ ...good, globals: { ...good.globals, pageblockOrder: 10 } },
			"pageblock order 10 is not modelled, expected 9",
		],
		["2^40 frames", withZone({ spanned: 2 ** 40 }), `cannot be modelled, expected 1 to ${MAX_FRAMES} frames`],
		["no frame at all", withZone({ spanned: 0 }), "a machine that ends at frame 0 cannot be modelled"],
		[
			"more zones than numbers",
			{ ...good, nodes: [{ ...node, zones: new Array(256).fill(zone) }] },
			"256 zones cannot",
		],
		[
			"a count that lies",
			withZone({ nrFreePages: 9 }),
			"contradicts itself: zone Normal of node 0: NR_FREE_PAGES is 9",
		],
		[
			"a frame on two lists",
			withZone({ free: zone.free.map((lists, order) => (order === 2 ? [[], [8], [], [], []] : lists)) }),
			"the state contradicts itself",
		],
	])("%s", (_, state, message) => {
		expect(() => restore(state, "v6.12.117")).toThrow(InputError);
		expect(() => restore(state, "v6.12.117")).toThrow(message);
	});
});

test("the same state without the fault is accepted", () => {
	expect(restore(good, "v6.12.117").zones).toHaveLength(1);
});
