#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { runCli } from "./cli/run-cli.ts";
import { systemErrorCode } from "./cli/system-error.ts";
import { COMMANDS } from "./commands/registry.ts";

// A reader that has seen enough (`pagelab map STATE | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
	stream.on("error", (error) => {
		if (systemErrorCode(error) !== "EPIPE") throw error;
		process.exit();
	});
}

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

process.exitCode = await runCli(process.argv.slice(2), {
	stdout: process.stdout,
	stderr: process.stderr,
	env: process.env,
	version: manifest.version,
	commands: COMMANDS,
});
