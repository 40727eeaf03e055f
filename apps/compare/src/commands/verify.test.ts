import { join } from "node:path";
import { expect, test } from "vitest";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { EXIT } from "../cli/exit-codes.ts";
import { DEFAULT_RECORDING } from "../compare/load-recording.ts";
import { type Ran, runCommand } from "./run-command.fixture.ts";

const verify = (...argv: string[]): Promise<Ran> => runCommand("verify", ...argv);

test("a whole-system recording without the events of the buddy lists", async () => {
	const { code, out, err } = await verify(DEFAULT_RECORDING);
	expect({ code, out }).toEqual({ code: EXIT.UNUSABLE, out: "" });
	expect(err).toContain("trace.txt.gz: the trace has no mm_page_alloc_zone_locked events");
});

test("a folder without a recording", async () => {
	const { code, err } = await verify(import.meta.dirname);
	expect(code).toBe(EXIT.UNUSABLE);
	expect(err).toContain("there is no recording in this folder");
});

test.skipIf(sharedFolder === undefined)("needs the shared folder: the rungs of xfs", async () => {
	const folder = join(sharedFolder ?? "", "oracle/dev/trace/xfs");
	const { code, out } = await verify(folder);
	expect(code).toBe(EXIT.DONE);
	expect(out).toContain(
		"xfs requests whose rungs are the recorded ones\n  mm_vmscan_wakeup_kswapd                82/82",
	);
	const json: unknown = JSON.parse((await verify(folder, "--json")).out);
	expect(json).toMatchObject({
		files: [{ file: "xfs", kinds: { mm_page_alloc: { events: 715, same: 715 } }, holds: true }],
	});
});
