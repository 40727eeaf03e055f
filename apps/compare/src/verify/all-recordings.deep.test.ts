import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readBuddyRecording } from "@pagelab/trace";
import { expect, test } from "vitest";
import { readShared } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { replayBuddy } from "./replay-buddy.ts";

const FOLDER = "oracle/dev/buddy";
const files = sharedFolder === undefined ? [] : readdirSync(join(sharedFolder, FOLDER)).sort();

test.skipIf(sharedFolder === undefined)("needs the shared folder: there are recordings to replay", () => {
	expect(files.length).toBeGreaterThanOrEqual(22);
});

test.skipIf(sharedFolder === undefined).for(files)("needs the shared folder: %s is exact", (file) => {
	const recording = readBuddyRecording(readShared(`${FOLDER}/${file}`), file);
	const { mismatch, ...counts } = replayBuddy(recording, "v6.12.117");
	expect(mismatch && { ...mismatch, state: undefined }).toBeUndefined();
	for (const part of [counts.pfns, counts.failures, counts.lights, counts.dumps])
		expect(part.equal).toBe(part.recorded);
});
