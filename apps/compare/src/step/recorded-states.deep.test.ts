import { readdirSync } from "node:fs";
import { join } from "node:path";
import { restore, snapshot } from "@pagelab/page-model";
import { readBuddyRecording } from "@pagelab/trace";
import { describe, expect, test } from "vitest";
import { readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";

const FOLDER = "oracle/dev/buddy";

const names =
	sharedFolder === undefined ? [] : readdirSync(join(sharedFolder, FOLDER)).filter((name) => name.endsWith(".json.gz"));

describe.skipIf(sharedFolder === undefined)("restore and snapshot (needs the shared folder)", () => {
	test("there are recordings", () => {
		expect(names.length).toBeGreaterThan(0);
	});

	test.each(names)("every state of %s stays as it is", (name) => {
		const { initial, ops, final } = readBuddyRecording(readShared(`${FOLDER}/${name}`), name);
		const states = [initial, ...ops.flatMap((op) => (op.op === "F" ? [op.dump] : [])), final];
		for (const state of states) expect(snapshot(restore(state, "v6.12.117"))).toEqual(state);
	});
});
