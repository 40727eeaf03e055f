import { DEFAULT_KERNEL, InputError, PAGE_SIZE, parseKernelId } from "@pagelab/base";
import type { VmallocRules } from "@pagelab/contracts";
import { formatGfp, GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT, MIGRATE } from "@pagelab/gfp";
import { stateFromNumbers } from "@pagelab/slow-path";
import { findVmallocRules, VMALLOC_RULES } from "@pagelab/vmalloc";
import { parseCircumstances, parseMachine, refuseBoth } from "../parse-circumstances.ts";
import { parseMask, parseScope, profileRule } from "../parse-mask.ts";
import type { WhyFlags } from "../why-flags.ts";
import type { WhyCircumstances } from "../why-question.ts";
import type { NamedMask, VmallocQuestion } from "./vmalloc-question.ts";

/** The masks that are asked about where none is named. */
const USUAL_MASKS: readonly NamedMask[] = [
	{ name: "KERNEL", gfp: GFP_KERNEL },
	{ name: "NOFS", gfp: GFP_NOFS },
	{ name: "NOIO", gfp: GFP_NOIO },
	{ name: "NOWAIT", gfp: GFP_NOWAIT },
	{ name: "ATOMIC", gfp: GFP_ATOMIC },
	{ name: "NOFAIL", gfp: GFP_KERNEL | GFP.NOFAIL },
];

const EXCLUSIVE: readonly (readonly (keyof WhyFlags)[])[] = [
	["vmalloc", "kvmalloc"],
	["zone", "state"],
	...(["vmalloc", "kvmalloc"] as const).flatMap((call) =>
		(["profiles", "designs", "rules", "all"] as const).map((other) => [call, other] as const),
	),
];

const UNITS: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/**
 * A size in bytes: `262144`, `256K`, `4MiB`.
 *
 * @throws InputError for anything else, and above 4096 TiB.
 */
function parseSize(option: string, text: string): number {
	const match = /^([0-9]{1,16})(?:([KMGT])(?:i?B)?)?$/i.exec(text.trim());
	const bytes = match === null ? Number.NaN : Number(match[1]) * (UNITS[(match[2] ?? "").toUpperCase()] ?? 1);
	if (bytes <= 2 ** 52) return bytes;
	const expected = "expected bytes, or a number with K, M, G or T, up to 4096T";
	throw new InputError(`--${option} "${text}" is no size, ${expected}`);
}

function parseRules(text: string | undefined): readonly VmallocRules[] {
	if (text === undefined) return VMALLOC_RULES;
	const found = text.split(",").map((name) => findVmallocRules(name.trim()));
	const twice = found.find((rules, i) => found.indexOf(rules) !== i);
	if (twice === undefined) return found;
	const names = [twice.id, ...twice.kernels].join(", ");
	throw new InputError(`--vmalloc-rules ${text} names one rule twice: ${names} are the same, expected each once`);
}

/** Free pages of the machine that is taken where none is named, at most: 4 GiB. */
const FREE_PAGES_MAX = 2 ** 20;
const MIN_PAGES = 1000;

/** A machine on which a size is interesting: there is memory for it, but no two free pages in one block. */
function fragmentedMachine(size: number): Pick<WhyCircumstances, "state" | "machine" | "notes"> {
	const free = Math.min(FREE_PAGES_MAX, Math.ceil(size / PAGE_SIZE) + 8 * MIN_PAGES);
	const low = MIN_PAGES + MIN_PAGES / 4;
	const zone = {
		free,
		min: MIN_PAGES,
		low,
		high: MIN_PAGES + MIN_PAGES / 2,
		largest: 0,
		migratetype: MIGRATE.UNMOVABLE,
	};
	const machine = `none was named; a zone with ${free} free pages, all of them single ones`;
	return { state: stateFromNumbers([zone]), machine, notes: [] };
}

function refuseContradictions(flags: WhyFlags): void {
	refuseBoth(flags, EXCLUSIVE);
	if (flags.order !== undefined) {
		throw new InputError(`--order ${flags.order} is for alloc_pages: vmalloc and kvmalloc take a size alone`);
	}
}

/**
 * Reads the options of `pagelab why --vmalloc SIZE` and `--kvmalloc SIZE`.
 *
 * @throws InputError, one sentence.
 */
export function parseVmalloc(flags: WhyFlags): VmallocQuestion {
	refuseContradictions(flags);
	const call = flags.vmalloc === undefined ? "kvmalloc" : "vmalloc";
	const size = parseSize(call, flags.vmalloc ?? flags.kvmalloc ?? "");
	const kernel = parseKernelId(flags.profile ?? DEFAULT_KERNEL);
	const contextRule = profileRule(kernel);
	const gfp = flags.gfp === undefined ? undefined : parseMask(flags.gfp, kernel);
	const defaults = { machine: () => fragmentedMachine(size), migratetype: MIGRATE.UNMOVABLE };
	return {
		...parseCircumstances(flags, parseMachine(flags, kernel, defaults)),
		call,
		size,
		rules: parseRules(flags.vmallocRules),
		masks: gfp === undefined ? USUAL_MASKS : [{ name: formatGfp(gfp, { kernel }), gfp }],
		kernel,
		contextRule,
		taskFlags: flags.scope === undefined ? 0 : parseScope(flags.scope, kernel, [contextRule], []),
	};
}
