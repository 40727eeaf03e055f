import { join } from "node:path";
import { runCommand } from "../lib/run-command.ts";
import type { Anchors } from "./anchors.ts";
import { type JudgedRow, judgeRow, quotientSamples, type Sample } from "./judge-rows.ts";
import type { BenchRow, MeasuredRow } from "./manifest.ts";
import { readNamedNumber } from "./output-lines.ts";

export interface BenchFolder {
	readonly package: string;
	/** Folder of the manifest; programs run there. */
	readonly dir: string;
	readonly rows: ReadonlyArray<BenchRow>;
}

export interface RunOptions {
	readonly rounds: number;
	/** Rows whose package or name contains this text; all if empty. Quotients bring the rows that they divide. */
	readonly only: string;
	/** undefined where anchors cannot be built. */
	readonly anchors: Anchors | undefined;
	/** Called before each program, for a line of progress. */
	readonly onRun: (round: number, row: MeasuredRow) => void;
}

const sameRun = (a: MeasuredRow, b: MeasuredRow): boolean =>
	a.bench === b.bench &&
	JSON.stringify(a.args) === JSON.stringify(b.args) &&
	JSON.stringify(a.anchor) === JSON.stringify(b.anchor);

/** Rows that one process measures together. */
function groupRuns(rows: ReadonlyArray<MeasuredRow>): MeasuredRow[][] {
	const groups: MeasuredRow[][] = [];
	for (const row of rows) {
		const group = groups.find(([first]) => first !== undefined && sameRun(first, row));
		if (group === undefined) groups.push([row]);
		else group.push(row);
	}
	return groups;
}

/** Rows to show for `only`, and all measured rows that they need. */
export function selectRows(
	folder: BenchFolder,
	only: string,
): { shown: ReadonlyArray<BenchRow>; measured: ReadonlyArray<MeasuredRow> } {
	const shown = folder.rows.filter((row) => folder.package.includes(only) || row.name.includes(only));
	const needed = new Set(shown.flatMap((row) => (row.kind === "measured" ? row.name : [row.dividend, row.divisor])));
	const measured = folder.rows.filter((row) => row.kind === "measured").filter((row) => needed.has(row.name));
	return { shown, measured };
}

async function runGroup(folder: BenchFolder, group: ReadonlyArray<MeasuredRow>, anchors: Anchors | undefined) {
	const [first] = group;
	if (first === undefined) return [];
	const anchor = first.anchor === undefined ? undefined : await anchors?.measure(first.anchor);
	const args = anchors === undefined ? first.args : await anchors.expand(first.args);
	const file = join(folder.dir, first.bench);
	const result = await runCommand(process.execPath, ["--conditions=@pagelab/source", file, ...args], {
		cwd: folder.dir,
	});
	if (result.code !== 0) throw new Error(`${folder.package} ${first.bench} ${args.join(" ")}: ${result.stderr}`);
	return group.map((row) => {
		const value = readNamedNumber(result.stdout, row.name);
		if (value === undefined) throw new Error(`${folder.package} ${row.bench} printed no number named "${row.name}"`);
		return { name: row.name, sample: { value, anchor } };
	});
}

/** Measures one folder's rows over rounds, anchor and program in turn, and judges them. */
export async function runFolder(folder: BenchFolder, options: RunOptions): Promise<JudgedRow[]> {
	const { shown, measured } = selectRows(folder, options.only);
	const samples = new Map<string, Sample[]>(measured.map((row) => [row.name, []]));
	const groups = groupRuns(measured);
	for (let round = 1; round <= options.rounds; round++) {
		for (const group of groups) {
			const [first] = group;
			if (first !== undefined) options.onRun(round, first);
			for (const { name, sample } of await runGroup(folder, group, options.anchors)) samples.get(name)?.push(sample);
		}
	}
	const of = (name: string): Sample[] => samples.get(name) ?? [];
	return shown.map((row) =>
		judgeRow(row, row.kind === "measured" ? of(row.name) : quotientSamples(of(row.dividend), of(row.divisor))),
	);
}
