export interface DocExample {
	/** Line of the page where the code begins, from 1. */
	readonly line: number;
	readonly code: string;
}

/** An info string that runs: `ts` alone. `ts no-run` marks what only shows a shape. */
const RUNS = /^ts$/;

/** The `ts` blocks of a Markdown page, in order. */
export function extractExamples(markdown: string): DocExample[] {
	const examples: DocExample[] = [];
	let open:
		| { readonly fence: string; readonly runs: boolean; readonly line: number; readonly code: string[] }
		| undefined;
	for (const [index, text] of markdown.split("\n").entries()) {
		const mark = /^(```+)\s*(.*)$/.exec(text.trimEnd());
		if (open === undefined) {
			if (mark !== null) open = { fence: mark[1] ?? "", runs: RUNS.test(mark[2] ?? ""), line: index + 2, code: [] };
		} else if (mark !== null && mark[1] === open.fence && mark[2] === "") {
			if (open.runs) examples.push({ line: open.line, code: open.code.join("\n") });
			open = undefined;
		} else {
			open.code.push(text);
		}
	}
	return examples;
}
