import { restore, snapshot } from "@pagelab/page-model";
import { readBuddyRecording } from "@pagelab/trace";
import { expect, test } from "vitest";
import { readFixture } from "../../../../tools/fixtures/fixture.ts";

test.each(["c128-0-pcp", "c128-1-mixed", "c128-3-apis", "c256-1-mixed"])(
	"every state of %s is the same after restore and snapshot",
	(name) => {
		const { initial, ops, final } = readBuddyRecording(readFixture(`buddy/${name}.json.gz`));
		const states = [initial, ...ops.flatMap((op) => (op.op === "F" ? [op.dump] : [])), final];
		for (const state of states) expect(snapshot(restore(state, "v6.12.117"))).toEqual(state);
	},
);
