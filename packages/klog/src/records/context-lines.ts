/** `warn_alloc: 479 callbacks suppressed`: reports that were not printed before the next one. */
export interface SuppressedLine {
	readonly type: "suppressed";
	readonly function: string;
	readonly count: number;
}

/** `sysrq: Manual OOM execution`. */
export interface SysrqOomLine {
	readonly type: "sysrq-oom";
}

/** `Linux version 6.12.117 (…)`. */
export interface VersionLine {
	readonly type: "version";
	readonly release: string;
}

/** `Kernel panic - not syncing: …`. */
export interface PanicLine {
	readonly type: "panic";
	readonly message: string;
}

/** Start of somebody else's report: its task line and trace are not ours. */
export interface ForeignHead {
	readonly type: "foreign-head";
}

/** `Hardware name: …` or `Workqueue: …`. */
export interface DetailLine {
	readonly type: "detail";
	readonly which: "hardware" | "workqueue";
	readonly text: string;
}

/** `COMPACTION is disabled!!!`. */
export interface NoCompactionLine {
	readonly type: "no-compaction";
}

/** Lines that belong to a report and say nothing more: code bytes, modules, the long form of the taint. */
export interface FillLine {
	readonly type: "fill";
}

export type ContextLine =
	| SuppressedLine
	| SysrqOomLine
	| VersionLine
	| PanicLine
	| ForeignHead
	| DetailLine
	| NoCompactionLine
	| FillLine;

const SUPPRESSED = /^(\w+): (\d+) (?:output lines|callbacks) suppressed/;
const VERSION = /^Linux version (\S+)/;
const PANIC = /^Kernel panic - not syncing: (.*)$/;
const DETAIL = /^(Hardware name|Workqueue): (.*)$/;
const SYSRQ_OOM = /^(?:sysrq: |SysRq : )(?:SysRq : )?Manual OOM execution/i;
const FOREIGN =
	/^(?:WARNING: |BUG: |INFO: |Oops|Internal error|general protection|Unable to handle|kernel BUG at|NMI backtrace|watchdog: |rcu: INFO|={20,}|Mem abort info)/;
const FILL =
	/^(?:Code: |Modules linked in:|Tainted: \[|RIP: |EIP: |pc : |lr : |pstate: |Kernel Offset: |irq event stamp|softirqs |hardirqs |Exception stack|Stack : |NIP|LR |REGS|MSR|CFAR|GPR|Krnl (?:PSW|GPRS|Code)|Last Breaking-Event)/;

/** Lines around reports; undefined for any other line. Warnings of allocators are read elsewhere, before these. */
export function readContextLine(text: string): ContextLine | undefined {
	const detail = DETAIL.exec(text);
	if (detail !== null) {
		return { type: "detail", which: detail[1] === "Workqueue" ? "workqueue" : "hardware", text: detail[2] ?? "" };
	}
	const panic = PANIC.exec(text);
	if (panic !== null) return { type: "panic", message: panic[1] ?? "" };
	if (FILL.test(text)) return { type: "fill" };
	if (FOREIGN.test(text)) return { type: "foreign-head" };
	return readRareLine(text);
}

function readRareLine(text: string): ContextLine | undefined {
	const suppressed = SUPPRESSED.exec(text);
	if (suppressed !== null) {
		return { type: "suppressed", function: suppressed[1] ?? "", count: Number(suppressed[2]) };
	}
	const version = VERSION.exec(text);
	if (version !== null) return { type: "version", release: version[1] ?? "" };
	if (SYSRQ_OOM.test(text)) return { type: "sysrq-oom" };
	return text.startsWith("COMPACTION is disabled") ? { type: "no-compaction" } : undefined;
}
