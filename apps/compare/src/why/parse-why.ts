import {
	asTaskFlags,
	DEFAULT_KERNEL,
	InputError,
	KERNEL_IDS,
	type KernelId,
	nearestName,
	parseKernelId,
} from "@pagelab/base";
import { COMPACT_RESULT, type CompactResult, type Design } from "@pagelab/contracts";
import { findDesign } from "@pagelab/designs";
import { gfpHex, gfpLayout, parseGfp } from "@pagelab/gfp";
import { type ContextRule, formatTaskFlags, memallocProfile, parseTaskFlags, PREEMPT } from "@pagelab/memalloc";
import { findExhaustionPolicy, findProposedRule, findSizePolicy, stateFromNumbers } from "@pagelab/slow-path";
import { loadMachine } from "../step/load-machine.ts";
import { parseZone } from "./parse-zone.ts";
import type { WhyFlags } from "./why-flags.ts";
import type { WhyContext, WhyQuestion, WhyRequest, WhySide } from "./why-question.ts";

/** get_order() of the largest size there is. */
const ORDER_MAX = 52;

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

const OOMS = { kills: "kills", disabled: "disabled", pending: "victim pending", locked: "locked" } as const;

/** One of the names of a table. @throws InputError with the nearest. */
function choose<T>(option: string, name: string, table: Readonly<Record<string, T>>): T {
	if (Object.hasOwn(table, name)) return table[name] as T;
	const known = Object.keys(table);
	const near = nearestName(name, known);
	const hint = near === undefined ? `expected ${known.join(", ")}` : `did you mean ${near}?`;
	throw new InputError(`--${option} "${name}" is unknown, ${hint}`);
}

function wholeNumber(option: string, text: string, most: number): number {
	const n = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
	if (n <= most) return n;
	throw new InputError(`--${option} ${text} is not usable, expected a whole number from 0 to ${most}`);
}

/** Options of which at most one may be given. */
const EXCLUSIVE: readonly (readonly (keyof WhyFlags)[])[] = [
	["profile", "profiles"],
	["profiles", "designs"],
	["zone", "state"],
];

const optionName = (key: string): string => `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

function refuseContradictions(flags: WhyFlags): void {
	for (const group of EXCLUSIVE) {
		const given = group.filter((key) => flags[key] !== undefined);
		if (given.length > 1) {
			throw new InputError(`${given.map(optionName).join(" and ")} exclude each other, expected one of them`);
		}
	}
	if (flags.zone === undefined && flags.state === undefined) {
		throw new InputError("there is no machine, expected --zone with numbers or --state with a recording or a size");
	}
	if (flags.gfp === undefined && flags.designs === undefined) {
		throw new InputError("there is no request, expected --gfp with a mask, or --designs, which bring their own");
	}
	if (flags.oomFrees !== "0" && flags.oom !== "kills") {
		throw new InputError(`--oom-frees contradicts --oom ${flags.oom}: only a kill gives pages back`);
	}
	if (flags.scope !== undefined && flags.designs !== undefined && flags.gfp === undefined) {
		throw new InputError("--scope contradicts the designs' own scopes, expected --gfp beside it");
	}
	const interrupted = flags.interrupt !== undefined && flags.interrupt !== "bh-disabled";
	if (interrupted && flags.rt === true) {
		throw new InputError(`--rt contradicts --interrupt ${flags.interrupt}: priority counts in task context only`);
	}
}

/** Two names of a list such as `v6.11,v6.12.117`. */
function pairOf(option: string, text: string): readonly [string, string] {
	const names = text.split(",").map((name) => name.trim());
	const [a, b, ...more] = names;
	if (a === undefined || b === undefined || more.length > 0 || a === "" || b === "") {
		throw new InputError(`--${option} "${text}" names ${names.length}, expected two, as in a,b`);
	}
	if (a === b) throw new InputError(`--${option} names "${a}" twice, expected two different ones`);
	return [a, b];
}

function parseMask(text: string, kernel: KernelId): number {
	const mask = parseGfp(text, { kernel });
	const undefinedBits = (mask & ~gfpLayout({ kernel }).definedBits) >>> 0;
	if (undefinedBits === 0) return mask;
	throw new InputError(`--gfp ${text} has bits that ${kernel} does not define: ${gfpHex(undefinedBits)}`);
}

/** Task flags of a side; a flag that only the other side's kernel knows is a bit without effect here. */
function parseScope(
	text: string,
	kernel: KernelId,
	rules: readonly ContextRule[],
	others: readonly KernelId[],
): number {
	const alsoFlags = rules.reduce((flags, rule) => flags | rule.scopeFlags, 0);
	for (const id of [kernel, ...others]) {
		try {
			return parseTaskFlags(text, { kernel: id, alsoFlags });
		} catch (error) {
			if (id === others.at(-1) || others.length === 0) throw error;
		}
	}
	return 0;
}

const profileRule = (kernel: KernelId): ContextRule => memallocProfile(kernel).contextRule.value;

function profileSides(flags: WhyFlags, kernels: readonly KernelId[], order: number): WhySide[] {
	return kernels.map((kernel) => {
		const contextRule = profileRule(kernel);
		const others = kernels.filter((k) => k !== kernel);
		const taskFlags = flags.scope === undefined ? 0 : parseScope(flags.scope, kernel, [contextRule], others);
		const gfp = parseMask(flags.gfp ?? "", kernel);
		return { id: kernel, kernel, contextRule, requests: [{ title: undefined, gfp, order, taskFlags }] };
	});
}

/** What a design's caller asks: the first try under its locks, and what it does when that fails. */
function callerRequests({ caller }: Design, order: number): WhyRequest[] {
	const { firstTry, onFailure } = caller;
	const first = { title: "first try, under the locks", gfp: firstTry.mask, order, taskFlags: firstTry.scope ?? 0 };
	if (onFailure === undefined) return [first];
	const title = `second try, locks ${onFailure.dropLocks ? "dropped" : "still held"}`;
	return [first, { title, gfp: onFailure.mask, order, taskFlags: 0 }];
}

function designSides(flags: WhyFlags, designs: readonly Design[], kernel: KernelId, order: number): WhySide[] {
	const ruleOf = (design: Design): ContextRule => design.scopes ?? profileRule(kernel);
	return designs.map((design) => {
		const contextRule = ruleOf(design);
		if (flags.gfp === undefined) return { id: design.id, kernel, contextRule, requests: callerRequests(design, order) };
		const taskFlags = flags.scope === undefined ? 0 : parseScope(flags.scope, kernel, designs.map(ruleOf), []);
		const gfp = parseMask(flags.gfp, kernel);
		return { id: design.id, kernel, contextRule, requests: [{ title: undefined, gfp, order, taskFlags }] };
	});
}

function parseSides(flags: WhyFlags): WhySide[] {
	const order = wholeNumber("order", flags.order, ORDER_MAX);
	const kernel = parseKernelId(flags.profile ?? DEFAULT_KERNEL);
	if (flags.designs !== undefined) {
		return designSides(flags, pairOf("designs", flags.designs).map(findDesign), kernel, order);
	}
	if (flags.profiles === undefined) return profileSides(flags, [kernel], order);
	return profileSides(flags, pairOf("profiles", flags.profiles).map(parseKernelId), order);
}

/** Says where a scope means nothing to a side. */
function scopeNotes(sides: readonly WhySide[]): string[] {
	return sides.flatMap(({ id, kernel, contextRule, requests }) =>
		requests
			.map(({ taskFlags }) => taskFlags & ~contextRule.scopeFlags & unknownFlags(kernel, taskFlags))
			.filter((unknown) => unknown !== 0)
			.map((unknown) => `${id} does not know ${nameElsewhere(unknown)}: it has no effect there`),
	);
}

/** Flags that stay hexadecimal in a kernel's text, or have another meaning than a scope there. */
const unknownFlags = (kernel: KernelId, taskFlags: number): number => {
	const scopes = KERNEL_IDS.reduce((bits, id) => bits | profileRule(id).scopeFlags, 0);
	return taskFlags & scopes & ~profileRule(kernel).scopeFlags;
};

const nameElsewhere = (bits: number): string => formatTaskFlags(asTaskFlags(bits), "v6.11");

function parseContext(flags: WhyFlags): WhyContext {
	return {
		nid: wholeNumber("node", flags.node, 63),
		preemptCount: flags.interrupt === undefined ? 0 : choose("interrupt", flags.interrupt, INTERRUPTS),
		rtTask: flags.rt === true,
		oomVictim: flags.victim === true,
	};
}

function parseMachine(flags: WhyFlags, kernel: KernelId): Pick<WhyQuestion, "state" | "machine" | "notes"> {
	if (flags.zone !== undefined) {
		return { state: stateFromNumbers(flags.zone.map(parseZone)), machine: "zones of numbers", notes: [] };
	}
	const { state, title, notes } = loadMachine(flags.state ?? [], flags.at, kernel);
	return { state, machine: title, notes };
}

function parsePolicies({ exhaustion, size, rules }: WhyFlags): Pick<WhyQuestion, "policies" | "rules"> {
	const policies = {
		...(exhaustion === undefined ? {} : { exhaustion: findExhaustionPolicy(exhaustion) }),
		...(size === undefined ? {} : { size: findSizePolicy(size) }),
	};
	return { policies, rules: rules === undefined ? [] : rules.split(",").map((id) => findProposedRule(id.trim())) };
}

/**
 * Reads the options of `pagelab why`.
 *
 * @throws InputError, one sentence, for options that contradict each other and for what does not exist in the profile.
 */
export function parseWhy(flags: WhyFlags): WhyQuestion {
	refuseContradictions(flags);
	const sides = parseSides(flags);
	const machine = parseMachine(flags, sides[0]?.kernel ?? DEFAULT_KERNEL);
	const context = parseContext(flags);
	if (!machine.state.nodes.some((n) => n.node === context.nid)) {
		const nodes = machine.state.nodes.map((n) => n.node).join(", ");
		throw new InputError(`--node ${context.nid} is not in this machine, expected one of ${nodes}`);
	}
	const assumptions = {
		reclaim: wholeNumber("reclaim", flags.reclaim, 999_999_999),
		compaction: choose("compaction", flags.compaction, COMPACTIONS),
		oom: choose("oom", flags.oom, OOMS),
		oomFrees: wholeNumber("oom-frees", flags.oomFrees, 999_999_999),
	};
	const notes = [...machine.notes, ...scopeNotes(sides)];
	return { ...machine, context, assumptions, ...parsePolicies(flags), sides, notes };
}
