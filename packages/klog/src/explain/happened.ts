import { effectiveConstraint } from "../checks/effective-constraint.ts";
import type { KlogEvent } from "../events/klog-event.ts";
import type { KilledTask, OomEvent } from "../events/oom-event.ts";
import { failedRequest } from "./failure/failed-request.ts";
import { requestStatements } from "./failure/request-statements.ts";
import { logged, type Statement } from "./statement.ts";
import type { LogContext } from "./unserved/asked-request.ts";
import { groupText } from "./unserved/cgroup-limit.ts";
import { explainUnserved, type UnservedExplanation } from "./unserved/explain-unserved.ts";
import { sizeText, taskText } from "./unserved/request-words.ts";
import type { ZoneCheck } from "./unserved/zone-check.ts";
import { zoneText } from "./unserved/zone-sentences.ts";

/** Such as `At 455.5 s `; "" where the log has no time stamps. */
function timeText({ time }: KlogEvent): string {
	if (time === null) return "";
	if (time.seconds === null) return time.wall === null ? "" : `At ${time.wall} `;
	return `At ${time.seconds.toFixed(1)} s `;
}

function failingText(check: ZoneCheck, order: number): string {
	const zone = zoneText(check);
	if (check.verdict === "no block")
		return check.free === 0 ? `${zone} had no free page` : `${zone} had no usable free block of order ${order}`;
	const reserve = check.reserve > 0 ? " and reserve" : "";
	if (check.usable <= 0) return `${zone} had ${check.free} free pages, of which none counts for this request`;
	const name = check.mark === check.min ? "its min mark" : "what its min mark leaves to this request";
	return `${zone} had ${check.usable} usable free pages, not above the ${check.mark + check.reserve} of ${name}${reserve}`;
}

/** Why, as the second half of a sentence. */
function whyText({ reason, failing, request }: UnservedExplanation): string {
	const order = request.order ?? 0;
	switch (reason) {
		case "below the mark":
		case "no block":
			return failing === null ? "no zone could serve it" : failingText(failing, order);
		case "no zone":
			return "there was no memory where its mask and its nodes allow it";
		case "no numbers":
			return "what was short the log does not say";
		case "not decidable":
			return "whether its zones were short the log leaves open";
		default:
			return "its zones had been short, though by the report's numbers no more";
	}
}

const rssKb = ({ anonRssKb, fileRssKb, shmemRssKb }: KilledTask): number | null =>
	anonRssKb === null ? null : anonRssKb + (fileRssKb ?? 0) + (shmemRssKb ?? 0);

const victimText = (kill: KilledTask): string => {
	const kb = rssKb(kill);
	const size = kb === null ? "" : `, which had ${kb} kB in memory`;
	return `${kill.comm} (pid ${kill.pid})${size}`;
};

/** How it ended, as a sentence without its subject. */
function endText(event: OomEvent): string {
	const { kills, exiting, panic, noKillable } = event;
	if (panic !== null) {
		const nobody = noKillable ? "found nobody whom it may kill and " : "";
		return `${nobody}stopped with a panic (${panic.message})`;
	}
	const [first] = kills;
	if (first !== undefined) {
		const others = new Set(kills.map(({ pid }) => pid)).size - 1;
		const more = others === 0 ? "" : ` and ${others} more ${others === 1 ? "task" : "tasks"} with it`;
		return `killed ${victimText(first)}${more}`;
	}
	const [gone] = exiting;
	if (gone !== undefined) return `chose ${gone.comm} (pid ${gone.pid}), which was already exiting, and killed nobody`;
	if (noKillable) return "found nobody whom it may kill";
	const chosen = event.summary?.task ?? event.selected?.comm ?? null;
	return chosen === null ? "killed a task that is not in the log" : `chose ${chosen}; its kill is not in the log`;
}

const maskText = (mask: string | null): string => (mask === null || mask === "" ? "" : ` with ${mask}`);

/** Names of processes keep their case; other words begin a sentence. */
const begin = (time: string, who: string, isName: boolean): string =>
	time !== "" || isName ? `${time}${who}` : `${who.charAt(0).toUpperCase()}${who.slice(1)}`;

function oomSentence(event: OomEvent, explanation: UnservedExplanation): string {
	const { request, cgroup } = explanation;
	const time = timeText(event);
	const end = `the kernel ${endText(event)}.`;
	const who = begin(time, taskText(request), request.comm !== null);
	if (effectiveConstraint(event) === "CONSTRAINT_MEMCG") {
		const limit = cgroup?.limitKb ?? null;
		const at = limit === null ? "its limit" : `its limit of ${limit} kB`;
		return `${who} needed memory in ${groupText(cgroup?.path ?? null)}, which was at ${at}; ${end}`;
	}
	if (event.calledBy === "sysrq")
		return `${begin(time, "somebody", false)} called the OOM killer by hand (SysRq-f); ${end}`;
	if (event.calledBy === "page-fault") return `${who} could not finish a page fault for want of memory; ${end}`;
	const size = sizeText(request.order, event.memInfo?.pageKb ?? null);
	return `${who} asked for ${size}${maskText(request.maskText)} and ${whyText(explanation)}; ${end}`;
}

/** What happened in an event, in one sentence with its numbers. Never throws for an event of `readKlog`. */
export function whatHappened(event: KlogEvent, context: LogContext = {}): Statement {
	switch (event.kind) {
		case "oom":
			return logged(oomSentence(event, explainUnserved(event, context)));
		case "memory-report":
			return logged(
				`${begin(timeText(event), "the kernel printed the state of its memory", false)}; that nothing failed is likely, since nothing else goes with it.`,
			);
		case "page-allocation-failure": {
			const explanation = explainUnserved(event, context);
			const { request } = explanation;
			const who = begin(timeText(event), taskText(request), request.comm !== null);
			return logged(
				`${who} asked for ${sizeText(request.order, event.memInfo?.pageKb ?? null)}${maskText(request.maskText)} and got nothing: ${whyText(explanation)}.`,
			);
		}
		default: {
			const [first] = requestStatements(event, failedRequest(event));
			const text = first?.text ?? "A request was not served.";
			return logged(`${timeText(event)}${text}`);
		}
	}
}
