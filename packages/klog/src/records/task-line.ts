/** Which task, on which kernel: dump_stack_print_info() of lib/dump_stack.c, and its form of 2.6. */
export interface TaskLine {
	readonly type: "task-line";
	readonly cpu: number | null;
	/** Since 6.12 or so. */
	readonly uid: number | null;
	readonly pid: number;
	readonly comm: string;
	/** Taint letters without blanks, "" for a kernel that is not tainted. */
	readonly taint: string;
	/** Word in the place of the release, such as `5.10.2` or `syzkaller`; null where the line was cut. */
	readonly release: string | null;
	/** What follows the release, such as `#1 PREEMPT(voluntary)`. */
	readonly build: string;
}

const NEW_FORM = /^CPU: (\d+) (?:UID: (\d+) )?PID: (\d+) Comm: /;
const OLD_FORM = /^Pid: (\d+), comm: /;
/** The kernel prints at most this many characters of the name ("%.20s"). */
const COMM_MAX = 20;
const AFTER_COMM = ["Not tainted", "Tainted:", "Kdump: loaded"];
const TAINT = /^(?:Kdump: loaded )?(?:Not tainted|Tainted:((?: +[A-Z]+(?= |$))*)) *\(?([^\s()]*)\)? ?(.*)$/;

/** A task line; undefined for any other line. */
export function readTaskLine(text: string): TaskLine | undefined {
	const fresh = NEW_FORM.exec(text);
	if (fresh !== null) {
		const ids = { cpu: Number(fresh[1]), uid: fresh[2] === undefined ? null : Number(fresh[2]), pid: Number(fresh[3]) };
		return { type: "task-line", ...ids, ...readCommAndKernel(text.slice(fresh[0].length)) };
	}
	const old = OLD_FORM.exec(text);
	if (old === null) return undefined;
	const ids = { cpu: null, uid: null, pid: Number(old[1]) };
	return { type: "task-line", ...ids, ...readCommAndKernel(text.slice(old[0].length)) };
}

function readCommAndKernel(text: string): Pick<TaskLine, "comm" | "taint" | "release" | "build"> {
	const end = findCommEnd(text);
	if (end < 0) return { comm: text.trim(), taint: "", release: null, build: "" };
	const match = TAINT.exec(text.slice(end).trim());
	const [, letters = "", release = "", build = ""] = match ?? [];
	return {
		comm: text.slice(0, end).trimEnd(),
		taint: letters.replace(/ /g, ""),
		release: release === "" ? null : release,
		build: build.trim(),
	};
}

/**
 * Where the name ends. A name can contain the words that follow it; they are looked for from the last place where a name
 * of the longest kind can end.
 */
function findCommEnd(text: string): number {
	const starts = AFTER_COMM.map((word) => text.lastIndexOf(` ${word}`, COMM_MAX)).filter((at) => at >= 0);
	const last = Math.max(-1, ...starts);
	if (last < 0) return -1;
	// "Kdump: loaded Not tainted": the first of the two ends the name.
	const kdump = text.lastIndexOf(" Kdump: loaded ", last);
	return kdump >= 0 && kdump + " Kdump: loaded".length === last ? kdump : last;
}
