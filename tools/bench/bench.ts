// pnpm bench: see README.md beside this file.
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { sharedFolder } from "../fixtures/shared-folder.ts";
import { projectRoot } from "../lib/project-root.ts";
import { Anchors, anchorsUnavailable } from "./anchors.ts";
import { formatTable } from "./format-table.ts";
import type { JudgedRow } from "./judge-rows.ts";
import { BenchInputError, type BenchRow, parseManifest } from "./manifest.ts";
import { performancePage } from "./performance-page.ts";
import { type BenchFolder, runFolder } from "./run-benchmarks.ts";

interface BenchOptions {
	readonly root: string;
	readonly rounds: number;
	readonly only: string;
	readonly json: boolean;
	readonly write: boolean;
}

function parseOptions(argv: ReadonlyArray<string>): BenchOptions {
	try {
		const { values } = parseArgs({
			args: [...argv],
			options: {
				only: { type: "string", default: "" },
				rounds: { type: "string", default: "5" },
				json: { type: "boolean", default: false },
				write: { type: "boolean", default: false },
				root: { type: "string", default: projectRoot },
			},
		});
		const rounds = Number(values.rounds);
		if (!Number.isInteger(rounds) || rounds < 1) throw new BenchInputError("--rounds must be a whole number from 1 on");
		if (values.write && values.only !== "") throw new BenchInputError("--write needs all rows, without --only");
		return { ...values, rounds };
	} catch (error) {
		throw new BenchInputError((error as Error).message);
	}
}

/** Rows that can be measured without the shared folder: not those that read its generated trace. */
const withoutTrace = (rows: ReadonlyArray<BenchRow>): BenchRow[] =>
	rows.filter((row) => row.kind === "quotient" || !row.args.includes("{trace}"));

function findFolders(root: string): BenchFolder[] {
	const manifests = globSync("{packages,apps}/*/bench/manifest.json", { cwd: root }).toSorted();
	return manifests.map((path) => {
		const dir = join(root, dirname(path));
		const manifest = JSON.parse(readFileSync(join(dir, "..", "package.json"), "utf8")) as { name: string };
		return {
			package: manifest.name,
			dir,
			rows: parseManifest(readFileSync(join(root, path), "utf8"), manifest.name, path),
		};
	});
}

async function measureAll(folders: ReadonlyArray<BenchFolder>, options: BenchOptions): Promise<JudgedRow[]> {
	const missing = await anchorsUnavailable(sharedFolder);
	if (missing !== undefined) console.error(`without anchors: ${missing}`);
	const anchors =
		missing === undefined && sharedFolder !== undefined
			? new Anchors(join(sharedFolder, "anchors"), join(options.root, "bench-out"))
			: undefined;
	const judgedRows: JudgedRow[] = [];
	for (const folder of folders) {
		const rows = anchors === undefined ? withoutTrace(folder.rows) : folder.rows;
		const judged = await runFolder(
			{ ...folder, rows },
			{
				rounds: options.rounds,
				only: options.only,
				anchors,
				onRun: (round, row) => console.error(`round ${round}/${options.rounds}  ${folder.package}  ${row.name}`),
			},
		);
		judgedRows.push(...judged);
	}
	return judgedRows;
}

function writePage(rows: ReadonlyArray<JudgedRow>, options: BenchOptions): void {
	const page = join(options.root, "docs", "performance.md");
	if (!existsSync(dirname(page))) mkdirSync(dirname(page));
	const rounds = options.rounds === 5 ? "" : ` --rounds ${options.rounds}`;
	writeFileSync(page, performancePage(rows, options.rounds, `pnpm bench --write${rounds}`));
	console.error(`wrote ${relative(process.cwd(), page)}`);
}

async function main(argv: ReadonlyArray<string>): Promise<number> {
	const options = parseOptions(argv);
	const rows = await measureAll(findFolders(options.root), options);
	if (rows.length === 0) throw new BenchInputError(`no benchmark matches "${options.only}"`);
	console.log(options.json ? JSON.stringify(rows, undefined, "\t") : formatTable(rows));
	if (options.write) writePage(rows, options);
	const missed = rows.filter((row) => row.gateMet === false);
	if (missed.length > 0) console.error(`gates missed: ${missed.map((row) => row.name).join(", ")}`);
	return missed.length > 0 ? 1 : 0;
}

try {
	process.exitCode = await main(process.argv.slice(2));
} catch (error) {
	console.error(`bench: ${(error as Error).message}`);
	process.exitCode = error instanceof BenchInputError ? 2 : 1;
}
