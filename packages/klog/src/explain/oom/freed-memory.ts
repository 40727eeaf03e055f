import type { KilledTask, OomEvent } from "../../events/oom-event.ts";
import type { TaskRow } from "../../sections/task-table.ts";
import { byKernelRule, inferred, logged, type Statement } from "../statement.ts";
import { pgtablePages, rowOfPid } from "./logged-tasks.ts";

/** What a victim holds, in kB; null where neither its kill line nor its row says. */
export interface FreedMemory {
	readonly pid: number;
	readonly name: string;
	/** Anonymous memory: free as soon as the victim is reaped or has exited. */
	readonly anonKb: number | null;
	/** Mapped page cache: stays, but can be reclaimed. */
	readonly fileKb: number | null;
	/** Shared memory and tmpfs: stays, as long as somebody or a file holds it. */
	readonly shmemKb: number | null;
	/** Swap that it gives back. */
	readonly swapKb: number | null;
	/** Free when it has exited, not by the reaper. */
	readonly pgtablesKb: number | null;
	/** anonKb and pgtablesKb in pages: the least that comes free; null where anonKb is not known. */
	readonly pages: number | null;
}

const kbOf = (pages: number | null | undefined, pageKb: number): number | null =>
	pages === null || pages === undefined ? null : pages * pageKb;

function freedBy(kill: KilledTask, row: TaskRow | undefined, pageKb: number): FreedMemory {
	const anonKb = kill.anonRssKb ?? kbOf(row?.rss_anon, pageKb);
	const pgtablesKb = kill.pgtablesKb ?? (row === undefined ? null : kbOf(pgtablePages(row, pageKb), pageKb));
	return {
		pid: kill.pid,
		name: kill.comm,
		anonKb,
		fileKb: kill.fileRssKb ?? kbOf(row?.rss_file, pageKb),
		shmemKb: kill.shmemRssKb ?? kbOf(row?.rss_shmem, pageKb),
		swapKb: kbOf(row?.swapents, pageKb),
		pgtablesKb,
		pages: anonKb === null ? null : Math.floor((anonKb + (pgtablesKb ?? 0)) / pageKb),
	};
}

/** What the tasks hold that an event killed, each of them once. */
export function freedMemory(event: OomEvent, pageKb: number): FreedMemory[] {
	const seen = new Set<number>();
	const rows = event.table?.rows ?? [];
	return event.kills.flatMap((kill) => {
		if (seen.has(kill.pid)) return [];
		seen.add(kill.pid);
		return [freedBy(kill, rowOfPid(rows, kill.pid), pageKb)];
	});
}

const sum = (freed: readonly FreedMemory[], key: "anonKb" | "fileKb" | "shmemKb" | "swapKb" | "pgtablesKb"): number =>
	freed.reduce((total, own) => total + (own[key] ?? 0), 0);

function staysText(fileKb: number, shmemKb: number): string {
	const parts = [
		...(fileKb > 0 ? [`${fileKb} kB of mapped files, which stay in the page cache until reclaim takes them`] : []),
		...(shmemKb > 0 ? [`${shmemKb} kB of shared memory, which stays as long as a file or another task holds it`] : []),
	];
	return parts.join(", and ");
}

function reapStatement({ reaps }: OomEvent): Statement[] {
	return reaps.map(({ pid, comm, reaped, values }) => {
		const who = `${comm} (pid ${pid})`;
		if (!reaped)
			return logged(`The oom_reaper could not reap ${who}: its memory came free only when it exited by itself.`);
		const left = values["anon-rss"];
		const text = left === undefined ? "" : ` and left ${left} kB of anonymous memory`;
		return logged(`The oom_reaper reaped ${who}${text}.`);
	});
}

/** What a kill brings, in words. */
export function freedStatements(event: OomEvent, freed: readonly FreedMemory[]): Statement[] {
	if (freed.length === 0) return [];
	const many = freed.length > 1;
	const whose = many ? `The ${freed.length} killed tasks hold` : `${freed[0]?.name} (pid ${freed[0]?.pid}) holds`;
	if (freed.every(({ anonKb }) => anonKb === null)) {
		return [logged("The line of the kill has no sizes: what it brings is not in the log."), ...reapStatement(event)];
	}
	const [anon, tables, swap] = [sum(freed, "anonKb"), sum(freed, "pgtablesKb"), sum(freed, "swapKb")];
	const stays = staysText(sum(freed, "fileKb"), sum(freed, "shmemKb"));
	const also = [...(tables > 0 ? [`${tables} kB of page tables`] : []), ...(swap > 0 ? [`${swap} kB of swap`] : [])];
	const alsoText = also.length === 0 ? "" : `, and ${also.join(" and ")}`;
	return [
		logged(`${whose} ${anon} kB of anonymous memory, which comes free${alsoText}.`),
		...(stays === "" ? [] : [byKernelRule(`The kill does not free ${stays}.`)]),
		...reapStatement(event),
		...(many ? [inferred("Pages that they share with each other are counted for each of them.")] : []),
	];
}
