import { asTaskFlags, DEFAULT_KERNEL, InputError, KERNEL_IDS, type KernelId, parseKernelId } from "@pagelab/base";
import type { Design } from "@pagelab/contracts";
import { findDesign } from "@pagelab/designs";
import type { GfpRule } from "@pagelab/gfp";
import { type ContextRule, formatTaskFlags } from "@pagelab/memalloc";
import { findProposedRule } from "@pagelab/slow-path";
import { type AskedMachine, parseCircumstances, parseMachine, refuseBoth, wholeNumber } from "./parse-circumstances.ts";
import { parseMask, parseScope, profileRule } from "./parse-mask.ts";
import { takeLoggedRequest, type TakenRequest } from "./take-logged-request.ts";
import type { WhyFlags } from "./why-flags.ts";
import type { WhyQuestion, WhyRequest, WhySide } from "./why-question.ts";

/** get_order() of the largest size there is. */
const ORDER_MAX = 52;

/** Options of which at most one may be given. */
const EXCLUSIVE: readonly (readonly (keyof WhyFlags)[])[] = [
	["profile", "profiles"],
	["profiles", "designs"],
	["zone", "state"],
];

function refuseContradictions(flags: WhyFlags): void {
	refuseBoth(flags, EXCLUSIVE);
	if (flags.vmallocRules !== undefined) {
		throw new InputError("--vmalloc-rules says nothing of alloc_pages, expected --vmalloc or --kvmalloc with a size");
	}
	if (flags.zone === undefined && flags.state === undefined) {
		throw new InputError("there is no machine, expected --zone with numbers or --state with a recording or a size");
	}
	if (flags.gfp === undefined && flags.designs === undefined && flags.state === undefined) {
		throw new InputError("there is no request, expected --gfp with a mask, or --designs, which bring their own");
	}
	if (flags.scope !== undefined && flags.designs !== undefined && flags.gfp === undefined) {
		throw new InputError("--scope contradicts the designs' own scopes, expected --gfp beside it");
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

type Kernels = readonly [KernelId, ...KernelId[]];

function parseKernels({ profile, profiles }: WhyFlags): Kernels {
	if (profiles === undefined) return [parseKernelId(profile ?? DEFAULT_KERNEL)];
	const [a, b] = pairOf("profiles", profiles);
	return [parseKernelId(a), parseKernelId(b)];
}

function parseSides(flags: WhyFlags, kernels: Kernels): WhySide[] {
	const order = wholeNumber("order", flags.order ?? "0", ORDER_MAX);
	if (flags.designs === undefined) return profileSides(flags, kernels, order);
	return designSides(flags, pairOf("designs", flags.designs).map(findDesign), kernels[0], order);
}

/** Designs bring their own requests; everything else can be that of the log. */
function withRequest(flags: WhyFlags, { request, state }: AskedMachine): TakenRequest {
	if (flags.designs !== undefined && flags.gfp === undefined) return { flags, notes: [] };
	if (typeof request === "object") return takeLoggedRequest(flags, request, state);
	if (flags.gfp !== undefined) return { flags, notes: [] };
	const what = request === undefined ? "there is no request" : `there is no request: ${request}`;
	throw new InputError(`${what}, expected --gfp with a mask, or --designs, which bring their own`);
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

const parseRules = (rules: string | undefined): readonly GfpRule[] =>
	rules === undefined ? [] : rules.split(",").map((id) => findProposedRule(id.trim()));

/**
 * Reads the options of `pagelab why` about one request to alloc_pages.
 *
 * @throws InputError, one sentence, for options that contradict each other and for what does not exist in the profile.
 */
export function parseWhy(flags: WhyFlags): WhyQuestion {
	refuseContradictions(flags);
	const kernels = parseKernels(flags);
	const machine = parseMachine(flags, kernels[0]);
	const asked = withRequest(flags, machine);
	const sides = parseSides(asked.flags, kernels);
	const circumstances = parseCircumstances(asked.flags, machine);
	const notes = [...asked.notes, ...circumstances.notes, ...scopeNotes(sides)];
	return { ...circumstances, rules: parseRules(flags.rules), sides, notes };
}
