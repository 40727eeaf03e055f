import { join } from "node:path";
import { runCommand } from "../lib/run-command.ts";
import type { Check } from "./check-result.ts";

/** A check that a program of node_modules makes: its output is what is wrong if it exits with another code than 0. */
export function commandCheck(name: string, program: string, args: ReadonlyArray<string>): Check {
	return {
		name,
		async run(root) {
			const bin = join(root, "node_modules", ".bin");
			const result = await runCommand(join(bin, program), args, {
				cwd: root,
				env: { PATH: `${bin}:${process.env["PATH"] ?? ""}`, NO_COLOR: "1", TURBO_TELEMETRY_DISABLED: "1" },
			});
			if (result.code === 0) return [];
			const lines = `${result.stdout}\n${result.stderr}`.split("\n").filter((line) => line.trim() !== "");
			return lines.length > 0 ? lines : [`${program} exited with code ${result.code}`];
		},
	};
}
