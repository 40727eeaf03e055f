import { existsSync } from "node:fs";
import type { KernelId } from "@pagelab/base";
import { bootMachine, parseMachineSpec } from "@pagelab/page-model";
import type { StateMoment } from "@pagelab/trace";
import { type LoadedState, loadState } from "../input/load-state.ts";

/** What looks like a path is never a machine: it has a slash or the dot of a suffix, or is - for stdin. */
const isPath = (text: string): boolean => text === "-" || /[/\\]|\.[A-Za-z]/.test(text) || existsSync(text);

/**
 * The state that a user named: a machine to boot (`512M`, `4G,nodes=2`, a preset), or files as for `pagelab map`.
 *
 * @throws InputError for what is neither.
 */
export function loadMachine(args: readonly string[], moment: StateMoment, kernel: KernelId): LoadedState {
	const [first = ""] = args;
	if (args.length > 1 || isPath(first)) return loadState(args, moment);
	return { state: bootMachine(parseMachineSpec(first), kernel), title: `${first}, just booted`, notes: [] };
}
