import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runCommand } from "../lib/run-command.ts";
import type { Check } from "./check-result.ts";

const MAJOR_MIN = 20;

interface NodeProgram {
	readonly path: string;
	readonly version: string;
}

/** One Node for each major version from 20 on that PATH offers; the running one first. */
async function findNodes(): Promise<NodeProgram[]> {
	const candidates = [
		process.execPath,
		...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node")),
	].filter((path) => existsSync(path));
	const byMajor = new Map<number, NodeProgram>();
	for (const path of new Set(candidates)) {
		const { stdout } = await runCommand(path, ["--version"]);
		const version = stdout.trim();
		const major = Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);
		if (major >= MAJOR_MIN && !byMajor.has(major)) byMajor.set(major, { path, version });
	}
	return [...byMajor.values()];
}

/** The built command prints the same bytes for the same seed in every Node of this machine. */
export const checkSameBytes: Check = {
	name: "same bytes in every Node",
	async skip() {
		const nodes = await findNodes();
		return nodes.length > 1 ? undefined : `only Node ${nodes[0]?.version ?? "none"} is on this machine`;
	},
	async run(root) {
		const main = join(root, "apps", "compare", "dist", "main.js");
		const problems: string[] = [];
		const outputs: Array<{ readonly version: string; readonly hash: string }> = [];
		for (const { path, version } of await findNodes()) {
			const result = await runCommand(path, [main, "compare", "--json"], { cwd: root });
			if (result.code !== 0) problems.push(`compare --json fails in Node ${version}: ${result.stderr.trim()}`);
			if (result.stdout === "") problems.push(`compare --json prints nothing in Node ${version}`);
			outputs.push({ version, hash: createHash("sha256").update(result.stdout).digest("hex") });
		}
		const listing = outputs.map(({ version, hash }) => `Node ${version} ${hash.slice(0, 16)}`).join(", ");
		if (new Set(outputs.map(({ hash }) => hash)).size > 1) problems.push(`compare --json differs: ${listing}`);
		return problems;
	},
};
