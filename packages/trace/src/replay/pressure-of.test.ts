import { expect, test } from "vitest";
import { parseFtrace } from "../ftrace-parser.ts";
import { buildReplayPlan } from "./build-replay-plan.ts";
import { pressureOf } from "./pressure-of.ts";
import { tinyEvent as event, tinyLine, tinyRecording, tinyState } from "./tiny-recording.fixture.ts";

test("the time at or below each mark counts from the initial to the final state", () => {
	// Marks 4, 6, 8; 9 free frames, one of them on the per-CPU list.
	const initial = tinyState({ frames: 32, free: [16, 17, 18, 19, 20, 21, 22, 23], pcp: [30] });
	const text =
		tinyLine(0, event.alloc(16, 0)).replace("1.000000", "2.000000") +
		tinyLine(0, event.alloc(18, 1)).replace("1.000000", "3.000000") +
		tinyLine(0, event.alloc(20, 1)).replace("1.000000", "4.500000") +
		tinyLine(0, event.lruAdd(20)).replace("1.000000", "4.600000") +
		tinyLine(0, event.free(20, 1)).replace("1.000000", "5.000000");
	const plan = buildReplayPlan(tinyRecording(initial), parseFtrace([new TextEncoder().encode(text)]));
	const s = 1e9;
	expect(pressureOf(plan, initial)).toEqual([
		{
			node: 0,
			idx: 1,
			name: "DMA32",
			wmark: { min: 4, low: 6, high: 8 },
			freeInitial: 9,
			pcpInitial: 1,
			freeMin: 4,
			freeFinal: 6,
			steps: {
				time: Float64Array.from([2 * s, 3 * s, 4.5 * s, 5 * s]),
				free: Int32Array.from([8, 6, 4, 6]),
			},
			nsAtOrBelow: { min: 0.5 * s, low: 6 * s, high: 7 * s },
		},
	]);
});
