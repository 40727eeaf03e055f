import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXIT } from "../cli/exit-codes.ts";
import { SNAPSHOT_PROC_FILES, SNAPSHOT_SYSCTLS } from "../input/snapshot-files.ts";
import { COMMANDS } from "./registry.ts";
import { runCommand } from "./run-command.fixture.ts";

test("the commands copy every file and are the same in JSON", async () => {
	const { out } = await runCommand("snapshot", "--name", "box");
	const json = JSON.parse((await runCommand("snapshot", "--name", "box", "--json")).out) as Record<string, string[]>;
	for (const command of json["commands"] ?? []) expect(out).toContain(`\n${command}\n`);
	for (const file of [...SNAPSHOT_PROC_FILES, ...SNAPSHOT_SYSCTLS]) expect(out).toContain(file);
	expect(json["archive"]).toBe("box.tar.gz");
	for (const command of json["acceptedBy"] ?? []) {
		expect(COMMANDS.map(({ name }) => name)).toContain(command);
		expect(out).toContain(`#   pagelab ${command} box.tar.gz\n`);
	}
});

const hasZoneinfo = existsSync("/proc/zoneinfo");

test.skipIf(!hasZoneinfo)(
	"run on this machine, they make an input that map accepts (needs /proc/zoneinfo)",
	async () => {
		const folder = mkdtempSync(join(tmpdir(), "pagelab-test-"));
		const { out } = await runCommand("snapshot");
		const shell = spawnSync("sh", [], { input: out, cwd: folder, encoding: "utf8" });
		expect(shell.status).toBe(0);
		expect(readFileSync(join(folder, "pagelab-snapshot", "zoneinfo"), "utf8")).toMatch(/^Node 0, zone/);
		for (const input of ["pagelab-snapshot.tar.gz", "pagelab-snapshot"]) {
			const map = await runCommand("map", join(folder, input));
			expect(map).toMatchObject({ code: EXIT.DONE, err: "" });
			expect(map.out).toMatch(/^Node 0, zone \S+ {2}\S+ [KMGT]iB managed/m);
			expect(map.out).toContain("Made from counts: where a pageblock lies and what is free in it is made up.");
		}
		// A second run does not overwrite the first.
		expect(spawnSync("sh", [], { input: out, cwd: folder }).status).toBe(1);
	},
);
