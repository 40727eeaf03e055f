import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import type { Check } from "./check-result.ts";
import { trackedFiles } from "./tracked-files.ts";

interface Link {
	readonly line: number;
	readonly target: string;
}

/** Lines outside fenced code, with inline code blanked; fenced lines become empty so that line numbers stay. */
function proseLines(markdown: string): string[] {
	let fence: string | undefined;
	return markdown.split("\n").map((line) => {
		const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
		if (fence === undefined && mark !== undefined) {
			fence = mark;
			return "";
		}
		if (fence !== undefined) {
			if (mark?.startsWith(fence) === true) fence = undefined;
			return "";
		}
		return line.replace(/`[^`]*`/g, "");
	});
}

const linksOf = (markdown: string): Link[] =>
	proseLines(markdown).flatMap((text, index) =>
		[...text.matchAll(/\]\(\s*<?([^)\s>]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)/g)].map((match) => ({
			line: index + 1,
			target: match[1] ?? match[2] ?? "",
		})),
	);

/** Fragments that a page offers, made from its headings as on GitHub. */
function fragmentsOf(markdown: string): Set<string> {
	const plain = markdown.split("\n").filter((_, index) => proseLines(markdown)[index] !== "");
	return new Set(
		plain
			.filter((line) => /^#{1,6} /.test(line))
			.map((line) =>
				line
					.replace(/^#+ /, "")
					.trim()
					.toLowerCase()
					.replace(/[^\p{L}\p{N}\s_-]/gu, "")
					.replaceAll(" ", "-"),
			),
	);
}

function problemOf(root: string, file: string, target: string): string | undefined {
	if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
	const [path = "", fragment] = target.split("#");
	const to = path === "" ? file : normalize(join(dirname(file), decodeURIComponent(path)));
	if (to.startsWith("..")) return `leads out of the repository: ${target}`;
	if (!existsSync(join(root, to))) return `leads nowhere: ${target}`;
	if (fragment === undefined || !to.endsWith(".md")) return undefined;
	const fragments = fragmentsOf(readFileSync(join(root, to), "utf8"));
	return fragments.has(fragment) ? undefined : `leads to no heading: ${target}`;
}

/** Relative links of all tracked Markdown files lead to files and headings that exist. */
export const checkLinks: Check = {
	name: "links of the docs",
	async run(root) {
		const pages = (await trackedFiles(root)).filter((path) => path.endsWith(".md"));
		return pages.flatMap((page) =>
			linksOf(readFileSync(join(root, page), "utf8")).flatMap(({ line, target }) => {
				const problem = problemOf(root, page, target);
				return problem === undefined ? [] : `${page}:${line}: a link ${problem}`;
			}),
		);
	},
};
