import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable } from "../lib/markdown-table.ts";
import type { Check } from "./check-result.ts";
import { FLOORS } from "./floors.ts";
import { findPublishable, type WorkspacePackage } from "./workspace.ts";

interface GeneratedBlock {
	readonly file: string;
	/** Stands in the markers around the block. */
	readonly name: string;
	readonly make: (packages: ReadonlyArray<WorkspacePackage>) => string;
}

const isApp = ({ dir }: WorkspacePackage): boolean => dir.startsWith("apps/");

/** Apps first, then packages from the lowest floor up. */
function packageTable(packages: ReadonlyArray<WorkspacePackage>): string {
	const order = FLOORS.flat();
	const sorted = [
		...packages.filter(isApp),
		...packages.filter((each) => !isApp(each)).toSorted((a, b) => order.indexOf(a.folder) - order.indexOf(b.folder)),
	];
	return markdownTable(
		[{ head: "package" }, { head: "what it is" }],
		sorted.map(({ dir, manifest }) => [`[${manifest.name}](${dir})`, manifest.description ?? ""]),
	);
}

/** The floors with the packages that exist, highest first. */
function floorPlan(packages: ReadonlyArray<WorkspacePackage>): string {
	const existing = new Set(packages.filter((each) => !isApp(each)).map(({ folder }) => folder));
	const floors = FLOORS.map((floor) => floor.filter((name) => existing.has(name))).filter((floor) => floor.length > 0);
	const apps = packages.filter(isApp).map(({ dir }) => dir);
	return ["```text", ...[apps, ...floors.toReversed()].map((names) => names.join("  ")), "```"].join("\n");
}

const BLOCKS: ReadonlyArray<GeneratedBlock> = [
	{ file: "README.md", name: "packages", make: packageTable },
	{ file: "ARCHITECTURE.md", name: "floors", make: floorPlan },
];

const beginOf = (name: string): string => `<!-- ${name}: made by pnpm check --fix -->`;
const endOf = (name: string): string => `<!-- /${name} -->`;

/** The file with its block made anew, or undefined where the file or its markers are absent. */
function remake(root: string, { file, name, make }: GeneratedBlock): { now: string; made: string } | undefined {
	const path = join(root, file);
	const now = existsSync(path) ? readFileSync(path, "utf8") : "";
	const begin = now.indexOf(beginOf(name));
	const end = now.indexOf(endOf(name));
	if (begin === -1 || end < begin) return undefined;
	const block = make(findPublishable(root));
	return { now, made: `${now.slice(0, begin)}${beginOf(name)}\n\n${block}\n\n${now.slice(end)}` };
}

/** Tables in the docs that are made from the workspace say what it says now. */
export const checkGeneratedDocs: Check = {
	name: "generated docs",
	run: async (root) =>
		BLOCKS.flatMap((block) => {
			const made = remake(root, block);
			if (made === undefined) return [`${block.file}: lacks the lines ${beginOf(block.name)} and ${endOf(block.name)}`];
			return made.made === made.now ? [] : [`${block.file}: "${block.name}" is not current, run pnpm check --fix`];
		}),
};

/** Writes the blocks; what lacks its markers is left to the check to report. */
export function fixGeneratedDocs(root: string): void {
	for (const block of BLOCKS) {
		const made = remake(root, block);
		if (made !== undefined) writeFileSync(join(root, block.file), made.made);
	}
}
