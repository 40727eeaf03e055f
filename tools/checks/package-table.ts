import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable } from "../lib/markdown-table.ts";
import type { Check } from "./check-result.ts";
import { FLOORS } from "./floors.ts";
import { findPublishable } from "./workspace.ts";

const BEGIN = "<!-- packages: made by `pnpm check --fix` from the package.json files -->";
const END = "<!-- /packages -->";

/** The table of README.md: apps first, then packages from the lowest floor up. */
function packageTable(root: string): string {
	const order = FLOORS.flat();
	const rank = (folder: string): number => order.indexOf(folder);
	const packages = findPublishable(root).toSorted((a, b) => rank(a.folder) - rank(b.folder));
	return markdownTable(
		[{ head: "package" }, { head: "what it is" }],
		packages.map(({ dir, manifest }) => [`[${manifest.name}](${dir})`, manifest.description ?? ""]),
	);
}

/** README.md with the table between its markers made anew, or undefined where the markers are missing. */
function withTable(root: string): { readonly now: string; readonly made: string | undefined } {
	const now = readFileSync(join(root, "README.md"), "utf8");
	const begin = now.indexOf(BEGIN);
	const end = now.indexOf(END);
	if (begin === -1 || end < begin) return { now, made: undefined };
	return { now, made: `${now.slice(0, begin)}${BEGIN}\n\n${packageTable(root)}\n\n${now.slice(end)}` };
}

/** The package table of README.md says what the package.json files say. */
export const checkPackageTable: Check = {
	name: "package table",
	async run(root) {
		const { now, made } = withTable(root);
		if (made === undefined) return [`README.md: the lines ${BEGIN} and ${END} are absent`];
		return made === now ? [] : ["README.md: the package table is not current, run pnpm check --fix"];
	},
};

/** Writes the table; nothing where the markers are absent, which the check reports. */
export function fixPackageTable(root: string): void {
	const { made } = withTable(root);
	if (made !== undefined) writeFileSync(join(root, "README.md"), made);
}
