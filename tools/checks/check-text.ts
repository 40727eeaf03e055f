import type { Check } from "./check-result.ts";
import { readText, trackedFiles } from "./tracked-files.ts";

interface TextRule {
	/** Paths that the rule is about. */
	readonly files: RegExp;
	readonly pattern: RegExp;
	readonly sentence: string;
}

const START = "(?:^|[\\s\"'`=(:,])";

const RULES: ReadonlyArray<TextRule> = [
	{
		files: /./,
		pattern: new RegExp(`${START}(/(?:work|root|farm|home/\\w+|Users/\\w+|private/tmp)/[\\w.-]+)`),
		sentence: "holds a path of one machine",
	},
	{
		files: /./,
		pattern: /\b((?:https?:)?\/\/(?:registry|npm|deb|mirror|proxy)\.[\w.-]+)/,
		sentence: "names the host of a registry",
	},
	{
		files: /\.[cm]?[jt]s$/,
		pattern:
			/((?:\/\/|\/\*)\s*(?:oxlint|eslint|biome)-(?:disable|ignore)|(?:\/\/|\/\*)\s*@ts-(?:ignore|nocheck|expect-error))/,
		sentence: "switches a check off in a comment",
	},
];

/** What no tracked text may hold: paths of one machine, hosts of registries, comments that switch checks off. */
export const checkText: Check = {
	name: "text rules",
	async run(root) {
		const problems: string[] = [];
		for (const path of await trackedFiles(root)) {
			const rules = RULES.filter(({ files }) => files.test(path));
			const lines = readText(root, path)?.split("\n") ?? [];
			for (const [index, line] of lines.entries()) {
				for (const { pattern, sentence } of rules) {
					const found = pattern.exec(line);
					if (found !== null) problems.push(`${path}:${index + 1}: ${sentence}: ${found[1]?.trim()}`);
				}
			}
		}
		return problems;
	},
};
