import { decimal } from "../records/decimal.ts";
import type { KernelRelease } from "../records/kernel-release.ts";
import { isSince } from "../records/kernel-release.ts";
import type { TableRow } from "../records/table-lines.ts";
import type { DamageList } from "./damage.ts";

/** Columns between pid and name in all kernels from 2.6.32 to 6.18, spelled as printed. */
export const TASK_COLUMNS = [
	"uid",
	"tgid",
	"total_vm",
	"rss",
	"rss_anon",
	"rss_file",
	"rss_shmem",
	"cpu",
	"nr_ptes",
	"nr_pmds",
	"nr_puds",
	"pgtables_bytes",
	"swapents",
	"oom_adj",
	"oom_score_adj",
] as const;
export type TaskColumn = (typeof TASK_COLUMNS)[number];

/**
 * One task of the table. total_vm, rss* and swapents are in pages, nr_* count page table pages, pgtables_bytes is in
 * bytes. Columns that the kernel does not print are absent.
 */
export interface TaskRow extends Readonly<Partial<Record<TaskColumn, number>>> {
	readonly pid: number;
	readonly name: string;
	readonly line: number;
	/** Columns that this reader does not know, by name. */
	readonly other?: Readonly<Record<string, number>>;
}

/** The tasks that could have been killed (dump_tasks() of mm/oom_kill.c). */
export interface TaskTable {
	/** Columns between pid and name, in their order. */
	readonly columns: readonly string[];
	/** The head line is missing: the columns are those of the kernel's version. */
	readonly columnsInferred: boolean;
	readonly rows: readonly TaskRow[];
	readonly line: number;
}

/** pid_max of the largest configuration is 4 Mi; a hostile file could have more rows. */
const ROWS_MAX = 1 << 20;
const KNOWN: ReadonlySet<string> = new Set(TASK_COLUMNS);
const isKnown = (column: string): column is TaskColumn => KNOWN.has(column);

/** Puts the table of one report together. */
export class TaskTableBuilder {
	readonly #damage: DamageList;
	readonly #line: number;
	readonly #unsplit: { row: TableRow; line: number }[] = [];
	#columns: readonly string[] | null = null;

	constructor(line: number, damage: DamageList) {
		this.#line = line;
		this.#damage = damage;
	}

	get hasHead(): boolean {
		return this.#columns !== null;
	}

	get hasRows(): boolean {
		return this.#unsplit.length > 0;
	}

	setColumns(columns: readonly string[]): void {
		this.#columns = columns;
	}

	addRow(row: TableRow, line: number): void {
		if (this.#unsplit.length < ROWS_MAX) this.#unsplit.push({ row, line });
	}

	finish(kernel: KernelRelease | null): TaskTable {
		const columns = this.#columns ?? inferColumns(kernel, this.#unsplit[0]?.row.rest ?? "");
		const rows: TaskRow[] = [];
		for (const { row, line } of this.#unsplit) {
			const split = splitRow(row, columns, line);
			if (split === undefined) this.#damage.add(line, [`[${row.pid}] ${row.rest}`]);
			else rows.push(split);
		}
		return { columns, columnsInferred: this.#columns === null, rows, line: this.#line };
	}
}

/** A row by its columns; undefined where values are missing. The name is what follows the last value, blanks included. */
function splitRow(row: TableRow, columns: readonly string[], line: number): TaskRow | undefined {
	if (columns.length === 0) return undefined;
	const values: Partial<Record<TaskColumn, number>> = {};
	const other: Record<string, number> = {};
	let rest = row.rest;
	for (const column of columns) {
		const value = /^\s*(-?\d+)(?=\s|$)/.exec(rest);
		if (value === null) return undefined;
		if (isKnown(column)) values[column] = decimal(value[1] ?? "");
		else other[column] = decimal(value[1] ?? "");
		rest = rest.slice(value[0].length);
	}
	const name = rest.replace(/^\s/, "");
	if (name === "") return undefined;
	const unknown = columns.every(isKnown) ? {} : { other };
	return { pid: row.pid, ...values, name, line, ...unknown };
}

/** Columns by version (reference: oom.md §9); [] where the version does not tell and the number of values neither. */
function inferColumns(kernel: KernelRelease | null, firstRow: string): readonly TaskColumn[] {
	const values = /^(?:-?\d+\s+)*/.exec(firstRow)?.[0].trim().split(/\s+/).length ?? 0;
	if (kernel === null) return values === 10 ? NEWEST : values === 8 ? WITH_PMDS : [];
	if (isSince(kernel, 6, 8)) return NEWEST;
	if (isSince(kernel, 4, 15)) return WITH_PGTABLES;
	if (isSince(kernel, 4, 0)) return WITH_PMDS;
	return isSince(kernel, 3, 2) ? WITH_PTES : OLDEST;
}

const HEAD = ["uid", "tgid", "total_vm", "rss"] as const;
const NEWEST: readonly TaskColumn[] = [
	...HEAD,
	...(["rss_anon", "rss_file", "rss_shmem", "pgtables_bytes", "swapents", "oom_score_adj"] as const),
];
const WITH_PGTABLES: readonly TaskColumn[] = [...HEAD, "pgtables_bytes", "swapents", "oom_score_adj"];
const WITH_PMDS: readonly TaskColumn[] = [...HEAD, "nr_ptes", "nr_pmds", "swapents", "oom_score_adj"];
const WITH_PTES: readonly TaskColumn[] = [...HEAD, "nr_ptes", "swapents", "oom_score_adj"];
const OLDEST: readonly TaskColumn[] = [...HEAD, "cpu", "oom_adj", "oom_score_adj"];
