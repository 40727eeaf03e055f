import { InputError, type KernelId, nearestName } from "@pagelab/base";
import { COMPACT_RESULT, type CompactResult } from "@pagelab/contracts";
import { PREEMPT } from "@pagelab/memalloc";
import { findExhaustionPolicy, findSizePolicy, stateFromNumbers } from "@pagelab/slow-path";
import type { LoadedState } from "../input/load-state.ts";
import { loadMachine } from "../step/load-machine.ts";
import { parseZone } from "./parse-zone.ts";
import type { WhyFlags } from "./why-flags.ts";
import type { WhyCircumstances, WhyContext } from "./why-question.ts";

const INTERRUPTS: Readonly<Record<string, number>> = {
	hardirq: PREEMPT.HARDIRQ_OFFSET,
	softirq: PREEMPT.SOFTIRQ_OFFSET,
	nmi: PREEMPT.NMI_OFFSET,
	"bh-disabled": PREEMPT.SOFTIRQ_DISABLE_OFFSET,
};

const COMPACTIONS: Readonly<Record<string, CompactResult | undefined>> = {
	skipped: COMPACT_RESULT.SKIPPED,
	deferred: COMPACT_RESULT.DEFERRED,
	complete: COMPACT_RESULT.COMPLETE,
	"partial-skipped": COMPACT_RESULT.PARTIAL_SKIPPED,
	contended: COMPACT_RESULT.CONTENDED,
	success: COMPACT_RESULT.SUCCESS,
	off: undefined,
};

/** A machine with its name and what must be said of it. */
export type NamedMachine = Pick<WhyCircumstances, "state" | "machine" | "notes">;

/** With the request of the event that it is made of, if it is, or why that is not known. */
export type AskedMachine = NamedMachine & Pick<LoadedState, "request">;

const OOMS = { kills: "kills", disabled: "disabled", pending: "victim pending", locked: "locked" } as const;

/** One of the names of a table. @throws InputError with the nearest. */
function choose<T>(option: string, name: string, table: Readonly<Record<string, T>>): T {
	if (Object.hasOwn(table, name)) return table[name] as T;
	const known = Object.keys(table);
	const near = nearestName(name, known);
	const hint = near === undefined ? `expected ${known.join(", ")}` : `did you mean ${near}?`;
	throw new InputError(`--${option} "${name}" is unknown, ${hint}`);
}

/** A number of an option. @throws InputError */
export function wholeNumber(option: string, text: string, most: number): number {
	const n = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
	if (n <= most) return n;
	throw new InputError(`--${option} ${text} is not usable, expected a whole number from 0 to ${most}`);
}

function parseContext(flags: WhyFlags): WhyContext {
	return {
		nid: wholeNumber("node", flags.node ?? "0", 63),
		preemptCount: flags.interrupt === undefined ? 0 : choose("interrupt", flags.interrupt, INTERRUPTS),
		rtTask: flags.rt === true,
		oomVictim: flags.victim === true,
	};
}

/** What holds where the options leave it open. */
export interface MachineDefaults {
	/** Machine where none is named; it must be if this is left out. */
	readonly machine?: () => NamedMachine;
	/** Of the pageblocks with the free pages of zones of numbers. */
	readonly migratetype?: number;
}

/**
 * The machine that was named: zones of numbers, or a state.
 *
 * @throws InputError, one sentence.
 */
export function parseMachine(flags: WhyFlags, kernel: KernelId, defaults: MachineDefaults = {}): AskedMachine {
	const { machine, migratetype } = defaults;
	if (flags.zone === undefined && flags.state === undefined && machine !== undefined) return machine();
	if (flags.zone !== undefined) {
		const type = migratetype === undefined ? {} : { migratetype };
		const zones = flags.zone.map((text) => ({ ...parseZone(text), ...type }));
		return { state: stateFromNumbers(zones), machine: "zones of numbers", notes: [] };
	}
	const { title, ...loaded } = loadMachine(flags.state ?? [], flags.at, kernel);
	return { ...loaded, machine: title };
}

function parsePolicies({ exhaustion, size }: WhyFlags): WhyCircumstances["policies"] {
	return {
		...(exhaustion === undefined ? {} : { exhaustion: findExhaustionPolicy(exhaustion) }),
		...(size === undefined ? {} : { size: findSizePolicy(size) }),
	};
}

const optionName = (key: string): string => `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

/** Refuses a question that uses two options of one group. @throws InputError */
export function refuseBoth(flags: WhyFlags, groups: readonly (readonly (keyof WhyFlags)[])[]): void {
	for (const group of groups) {
		const given = group.filter((key) => flags[key] !== undefined);
		if (given.length > 1) {
			throw new InputError(`${given.map(optionName).join(" and ")} exclude each other, expected one of them`);
		}
	}
}

function refuseContradictions(flags: WhyFlags): void {
	if (flags.oomFrees !== "0" && flags.oom !== "kills") {
		throw new InputError(`--oom-frees contradicts --oom ${flags.oom}: only a kill gives pages back`);
	}
	const interrupted = flags.interrupt !== undefined && flags.interrupt !== "bh-disabled";
	if (interrupted && flags.rt === true) {
		throw new InputError(`--rt contradicts --interrupt ${flags.interrupt}: priority counts in task context only`);
	}
}

/**
 * Reads the context and what is assumed of a machine.
 *
 * @throws InputError, one sentence.
 */
export function parseCircumstances(flags: WhyFlags, { state, machine, notes }: NamedMachine): WhyCircumstances {
	refuseContradictions(flags);
	const context = parseContext(flags);
	if (!state.nodes.some((n) => n.node === context.nid)) {
		const nodes = state.nodes.map((n) => n.node).join(", ");
		throw new InputError(`--node ${context.nid} is not in this machine, expected one of ${nodes}`);
	}
	const assumptions = {
		reclaim: wholeNumber("reclaim", flags.reclaim, 999_999_999),
		compaction: choose("compaction", flags.compaction, COMPACTIONS),
		oom: choose("oom", flags.oom, OOMS),
		oomFrees: wholeNumber("oom-frees", flags.oomFrees, 999_999_999),
	};
	return { state, machine, notes, context, assumptions, policies: parsePolicies(flags) };
}
