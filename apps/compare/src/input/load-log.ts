import { InputError } from "@pagelab/base";
import { type KlogEvent, machineOfEvent, readKlog } from "@pagelab/klog";
import type { MachineState } from "@pagelab/page-model";
import { worstEvent } from "../explain/timeline.ts";
import { type LoggedRequest, loggedRequest } from "./logged-request.ts";

/** A machine made of an event of a kernel log. */
export interface LoggedMachine {
	readonly state: MachineState;
	/** Such as `kern.log, event 2 of 3 (page-allocation-failure, line 17)`. */
	readonly title: string;
	readonly notes: readonly string[];
	/** What was asked for, or why that is not known, as a clause. */
	readonly request: LoggedRequest | string;
}

const hasZones = (event: KlogEvent): boolean =>
	"memInfo" in event && event.memInfo !== null && event.memInfo.zones.length > 0;

/** Index of the event to start from. */
function choose(events: readonly KlogEvent[], number: number | undefined, file: string): number {
	if (number !== undefined) {
		if (number >= 1 && number <= events.length) return number - 1;
		throw new InputError(`there is no event ${number} in this log, expected 1 to ${events.length}`, { file });
	}
	const usable = events.filter(hasZones);
	const worst = usable[worstEvent(usable)];
	if (worst !== undefined) return events.indexOf(worst);
	throw new InputError("no event of this log has the state of memory (Mem-Info), expected one that has", { file });
}

/** Notes of commands are sentences without their full stop. */
const withoutStop = (text: string): string => text.replace(/\.$/, "");

/**
 * The machine of an event of a kernel log: the worst one that has a Mem-Info, or the given one.
 *
 * @param number of the event, from 1.
 * @returns undefined for bytes in which there is no event at all.
 * @throws InputError for events without a usable Mem-Info.
 */
export function loadLog(bytes: Uint8Array, file: string, number?: number): LoggedMachine | undefined {
	const events = readKlog(bytes);
	if (events.length === 0) return undefined;
	const index = choose(events, number, file);
	const event = events[index] as KlogEvent;
	const { state, kernel, kernelNote, notes } = machineOfNamed(event, file);
	const place = events.length === 1 ? "event" : `event ${index + 1} of ${events.length}`;
	return {
		state,
		title: `${file}, ${place} (${event.kind}, line ${event.firstLine})`,
		notes: [
			...(kernelNote === null ? [] : [`the log's kernel is not modelled: the profile ${kernel} is nearest to it`]),
			...notes.map(({ text }) => withoutStop(text)),
		],
		request: loggedRequest(events, index),
	};
}

function machineOfNamed(event: KlogEvent, file: string): ReturnType<typeof machineOfEvent> {
	try {
		return machineOfEvent(event, { frames: "whole" });
	} catch (error) {
		if (error instanceof InputError) throw new InputError(error.message, { ...error.position, file });
		throw error;
	}
}
