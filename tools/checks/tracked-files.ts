import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../lib/run-command.ts";

/** Paths that git tracks and that are still there, relative to `root`. */
export async function trackedFiles(root: string): Promise<string[]> {
	const result = await runCommand("git", ["ls-files", "-z"], { cwd: root });
	if (result.code !== 0) throw new Error(`git ls-files: ${result.stderr.trim()}`);
	return result.stdout.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
}

export const fileBytes = (root: string, path: string): number => statSync(join(root, path)).size;

/** Text of a file, or undefined for one that is not text (it has a NUL byte, or is not UTF-8). */
export function readText(root: string, path: string): string | undefined {
	const bytes = readFileSync(join(root, path));
	if (bytes.includes(0)) return undefined;
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		return undefined;
	}
}
