// Compares what the reader finds in the logs of the shared folder with their metadata, counts what the explanations find in them, and
// prints (or writes) the page of results:
//   node --conditions=@pagelab/source packages/klog/bench/score-wild.ts [--write]
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { explainCase, explainedTotals, formatExplained } from "../src/testing/wild-explained.fixture.ts";
import { formatScores, isScored, scoreCase, scoreTotals, type WildMeta } from "../src/testing/wild-score.fixture.ts";

if (sharedFolder === undefined) {
	console.error("score-wild: no shared folder with logs; set PAGELAB_SHARED");
	process.exit(2);
}
const folder = join(sharedFolder, "klog");
const cases = readdirSync(folder, { withFileTypes: true })
	.filter((entry) => entry.isDirectory())
	.map(({ name }) => ({
		id: name,
		meta: JSON.parse(readFileSync(join(folder, name, "meta.json"), "utf8")) as WildMeta,
		log: readFileSync(join(folder, name, "log.txt")),
	}))
	.filter(({ meta }) => isScored(meta));
const scores = cases.map(scoreCase);
const explained = cases.flatMap((own) => explainCase(own) ?? []);
const page = `# Logs from the wild

Made by \`bench/score-wild.ts --write\`; do not edit.

${scoreTotals(scores)} ${explainedTotals(explained)}

## Fields

${formatScores(scores)}

## Explanations

What \`explainUnserved\` and \`explainVictim\` make of the logs with a request to the page allocator. A zone is not found where by
the report's own numbers no test fails; no zone is concerned where a cgroup was full, another request had failed, or none is
allowed. A victim that another rule than the ranking chose, and a log without the numbers, count for neither side of the totals.

${formatExplained(explained)}
`;
console.log(page);
if (process.argv.includes("--write")) writeFileSync(fileURLToPath(new URL("../WILD.md", import.meta.url)), page);
