export interface ReadmeOutline {
	/** Text of the first heading of level one, which must be the first line. */
	readonly title: string | undefined;
	/** The paragraph that follows it, its lines joined. */
	readonly lead: string;
	/** Info strings of its fenced blocks, as in `ts` or `ts no-run`. */
	readonly fences: ReadonlyArray<string>;
}

/** Title, first paragraph and code blocks of a README. */
export function outlineReadme(markdown: string): ReadmeOutline {
	const lines = markdown.split("\n").map((line) => line.trimEnd());
	const title = /^# (.+)$/.exec(lines[0] ?? "")?.[1];
	const start = lines.findIndex((line, index) => index > 0 && line !== "");
	const rest = start === -1 ? [] : lines.slice(start);
	const end = rest.indexOf("");
	const lead = rest.slice(0, end === -1 ? rest.length : end).join(" ");
	const marks = lines.filter((line) => line.startsWith("```")).map((line) => line.slice(3).trim());
	return { title, lead, fences: marks.filter((_, index) => index % 2 === 0) };
}

/** Whether a text is one sentence: it ends like one, and nothing in it begins another. */
export const isOneSentence = (text: string): boolean => /[.?!]$/.test(text) && !/[.?!]\s+\p{Lu}/u.test(text);
