// Compares what the reader finds in the logs of the shared folder with their metadata, and prints (or writes) the table:
//   node --conditions=@pagelab/source packages/klog/bench/score-wild.ts [--write]
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sharedFolder } from "../../../tools/fixtures/shared-folder.ts";
import { formatScores, isScored, scoreCase, type WildMeta } from "../src/testing/wild-score.fixture.ts";

if (sharedFolder === undefined) {
	console.error("score-wild: no shared folder with logs; set PAGELAB_SHARED");
	process.exit(2);
}
const folder = join(sharedFolder, "klog");
const scores = readdirSync(folder, { withFileTypes: true })
	.filter((entry) => entry.isDirectory())
	.map(({ name }) => ({
		id: name,
		meta: JSON.parse(readFileSync(join(folder, name, "meta.json"), "utf8")) as WildMeta,
		log: readFileSync(join(folder, name, "log.txt")),
	}))
	.filter(({ meta }) => isScored(meta))
	.map(scoreCase);
const table = formatScores(scores);
console.log(table);
if (process.argv.includes("--write")) {
	const head = "# Logs from the wild\n\nMade by `bench/score-wild.ts --write`; do not edit.\n\n";
	writeFileSync(fileURLToPath(new URL("../WILD.md", import.meta.url)), `${head}${table}\n`);
}
