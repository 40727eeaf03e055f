import { readChangesets } from "@changesets/read";
import type { Check } from "./check-result.ts";
import { findPublishable } from "./workspace.ts";

/** Every changeset names packages that are published and tells their users something. */
export const checkChangesets: Check = {
	name: "changesets",
	async run(root) {
		const names = new Set(findPublishable(root).map(({ manifest }) => manifest.name));
		const problems: string[] = [];
		for (const { id, releases, summary } of await readChangesets(root)) {
			const file = `.changeset/${id}.md`;
			for (const { name } of releases) {
				if (!names.has(name)) problems.push(`${file}: ${name} is no published package of this workspace`);
			}
			if (releases.length === 0) problems.push(`${file}: names no package`);
			if (summary.trim() === "") problems.push(`${file}: says nothing to the users of the package`);
		}
		return problems;
	},
};
