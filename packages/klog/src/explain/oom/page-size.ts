import type { KilledTask, OomEvent } from "../../events/oom-event.ts";
import type { TaskRow } from "../../sections/task-table.ts";

const SIZES_KB = [4, 16, 64];

/** kB of resident memory by the kill line; null where a part is missing. */
export const killedRssKb = ({ anonRssKb, fileRssKb, shmemRssKb }: KilledTask): number | null =>
	anonRssKb === null || fileRssKb === null ? null : anonRssKb + fileRssKb + (shmemRssKb ?? 0);

const rowOf = ({ table }: OomEvent, { pid }: KilledTask): TaskRow | undefined =>
	table?.rows.find((row) => row.pid === pid || row.tgid === pid);

/**
 * kB of a page: as the Mem-Info has it; in the report of a cgroup, which has none, by the victim, whose size stands in its kill
 * line in kB and in the table in pages. 4 where nothing tells.
 */
export function oomPageKb(event: OomEvent): number {
	const known = event.memInfo?.pageKb ?? null;
	if (known !== null) return known;
	const [kill] = event.kills;
	const kb = kill === undefined ? null : killedRssKb(kill);
	const pages = kill === undefined ? undefined : rowOf(event, kill)?.rss;
	if (kb === null || pages === undefined || pages <= 0) return 4;
	// Both are read at slightly different times.
	return SIZES_KB.find((size) => kb < size * pages * 2) ?? 4;
}
