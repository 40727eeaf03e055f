import { kbOfPages } from "@pagelab/base";
import { formatNodemask, type OomMm, type OomTask } from "@pagelab/contracts";
import { formatGfp, gfpHex, type GfpKernel } from "@pagelab/gfp";
import { mmRss } from "./oom-badness.ts";
import type { OomHeader, OomRecord, OomSummary } from "./oom-record.ts";

const TABLE_TITLE = "Tasks state (memory values in pages):";
const TABLE_HEAD =
	"[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name";

const pad = (value: number, width: number): string => String(value).padStart(width);

/** One row of the task table of 6.8 to 6.12. */
function tableRow({ pid, uid, oomScoreAdj, comm }: OomTask, mm: OomMm): string {
	const columns = [
		`[${pad(pid, 7)}]`,
		pad(uid, 5),
		pad(pid, 5),
		pad(mm.totalVm, 8),
		pad(mmRss(mm), 8),
		pad(mm.rssAnon, 8),
		pad(mm.rssFile, 8),
		pad(mm.rssShmem, 9),
		pad(mm.pgtablesBytes, 8),
		pad(mm.swapents, 8),
		`        ${pad(oomScoreAdj, 5)}`,
		comm,
	];
	return columns.join(" ");
}

function headerLines({ comm, gfp, order, oomScoreAdj, tasks }: OomHeader, kernel: GfpKernel): string[] {
	const names = formatGfp(gfp, { ...kernel, style: "printk" });
	const first = `${comm} invoked oom-killer: gfp_mask=${gfpHex(gfp)}(${names}), order=${order}, oom_score_adj=${oomScoreAdj}`;
	if (tasks === undefined) return [first];
	const rows = tasks.flatMap((task) => (task.mm === undefined ? [] : [tableRow(task, task.mm)]));
	return [first, TABLE_TITLE, TABLE_HEAD, ...rows];
}

function summaryLine(s: OomSummary): string {
	const parts = [
		`oom-kill:constraint=CONSTRAINT_${s.constraint}`,
		`nodemask=${s.nodemask === undefined ? "(null)" : formatNodemask(s.nodemask)}`,
		`cpuset=${s.cpuset}`,
		`mems_allowed=${formatNodemask(s.memsAllowed)}`,
		s.oomMemcg === undefined ? "global_oom" : `oom_memcg=${s.oomMemcg}`,
		`task_memcg=${s.taskMemcg}`,
		`task=${s.comm}`,
		`pid=${s.pid}`,
		`uid=${s.uid}`,
	];
	return parts.join(",");
}

function killedLine(message: string, { pid, comm, uid, oomScoreAdj, mm }: OomTask): string {
	const kb = (pages: number): string => `${kbOfPages(pages)}kB`;
	const sizes =
		mm === undefined
			? ""
			: ` total-vm:${kb(mm.totalVm)}, anon-rss:${kb(mm.rssAnon)}, file-rss:${kb(mm.rssFile)}, shmem-rss:${kb(mm.rssShmem)},`;
	const tables = Math.floor((mm?.pgtablesBytes ?? 0) / 1024);
	return `${message}: Killed process ${pid} (${comm})${sizes} UID:${uid} pgtables:${tables}kB oom_score_adj:${oomScoreAdj}`;
}

/**
 * A record as the lines that 6.12 logs, without time stamps: stack trace, Mem-Info and cgroup statistics belong to others and
 * are left out.
 *
 * @param kernel whose names the mask is printed with; the newest if left out
 */
export function formatOomRecord(record: OomRecord, kernel: GfpKernel = {}): string[] {
	switch (record.kind) {
		case "header":
			return headerLines(record, kernel);
		case "summary":
			return [summaryLine(record)];
		case "selected":
			return [
				`${record.message}: Kill process ${record.pid} (${record.comm}) score ${record.score} or sacrifice child`,
			];
		case "killed":
			return [killedLine(record.message, record.task)];
		case "group":
			return [`Tasks in ${record.path} are going to be killed due to memory.oom.group set`];
		case "exiting":
			return [`${record.message}: OOM victim ${record.pid} (${record.comm}) is already exiting. Skip killing the task`];
		case "pinned":
			return [
				`oom killer ${record.victim.pid} (${record.victim.comm}) has mm pinned by ${record.by.pid} (${record.by.comm})`,
			];
		case "no killable":
			return ["Out of memory and no killable processes..."];
		case "reaped":
			return [
				`oom_reaper: reaped process ${record.pid} (${record.comm}), now anon-rss:${record.anonKb}kB, file-rss:${record.fileKb}kB, shmem-rss:${record.shmemKb}kB`,
			];
		default:
			return [`oom_reaper: unable to reap pid:${record.pid} (${record.comm})`];
	}
}
