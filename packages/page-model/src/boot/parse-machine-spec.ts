import { InputError, nearestName, PAGE_SIZE } from "@pagelab/base";
import { MACHINE_PRESETS } from "./machine-presets.ts";
import { checkMachineSpec, type MachineSpec } from "./machine-spec.ts";

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const EXPECTED = "a size such as 512M or 4G, or a preset";

/** Options behind the size, each with the values it takes. */
const OPTIONS: Readonly<Record<string, (spec: MachineSpec, value: string) => MachineSpec>> = {
	nodes: (spec, value) => ({ ...spec, nodes: count("nodes", value) }),
	cpus: (spec, value) => ({ ...spec, cpus: count("cpus", value) }),
	thp: (spec, value) => ({ ...spec, thp: choice("thp", value, { on: true, off: false }) }),
	layout: (spec, value) => ({
		...spec,
		layout: choice("layout", value, { pc: "pc", "one-zone": "one-zone" } as const),
	}),
};

function count(name: string, value: string): number {
	if (!/^[0-9]+$/.test(value)) throw new InputError(`${name}=${value} is not a number, expected ${name}=1 or more`);
	return Number(value);
}

function choice<T>(name: string, value: string, choices: Readonly<Record<string, T>>): T {
	if (!Object.hasOwn(choices, value)) {
		throw new InputError(`${name}=${value} is unknown, expected ${Object.keys(choices).join(" or ")}`);
	}
	return choices[value] as T;
}

function unknownMachine(text: string): InputError {
	const presets = Object.keys(MACHINE_PRESETS);
	const near = nearestName(text, presets);
	const hint = near === undefined ? `expected ${EXPECTED} (${presets.join(", ")})` : `did you mean "${near}"?`;
	return new InputError(`unknown machine "${text}", ${hint}`);
}

function parseSize(text: string): MachineSpec {
	const match = /^([0-9]+)(?:([KMGT])(?:i?B)?)?$/i.exec(text);
	if (match === null) throw unknownMachine(text);
	const bytes = Number(match[1]) * (UNITS[(match[2] ?? "").toUpperCase()] ?? 1);
	if (bytes === 0) throw new InputError(`a machine without memory cannot boot, expected ${EXPECTED}`);
	if (bytes % PAGE_SIZE !== 0) throw new InputError(`"${text}" is not a whole number of pages of ${PAGE_SIZE} bytes`);
	return { memoryPages: bytes / PAGE_SIZE, nodes: 1, cpus: 1, layout: "pc", thp: true };
}

/**
 * Reads a machine as a user types it: a size or preset, then options, separated by commas: `512M`, `4G,nodes=2`,
 * `4G,cpus=4,thp=off`, `pc-4g`, `pc-4g,thp=on`. Without options it has one node, one CPU, the zones of a PC, and THP on.
 *
 * @throws InputError in one sentence, with the nearest name where one is mistyped, or for an impossible machine.
 */
export function parseMachineSpec(text: string): MachineSpec {
	const [head = "", ...options] = text
		.trim()
		.split(",")
		.map((part) => part.trim());
	const base = (Object.hasOwn(MACHINE_PRESETS, head) ? MACHINE_PRESETS[head] : undefined) ?? parseSize(head);
	const spec = options.reduce(applyOption, base);
	checkMachineSpec(spec);
	return spec;
}

function applyOption(spec: MachineSpec, option: string): MachineSpec {
	const [name = "", value, ...more] = option.split("=");
	const apply = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
	if (apply !== undefined && value !== undefined && more.length === 0) return apply(spec, value);
	const names = Object.keys(OPTIONS);
	const near = apply === undefined ? nearestName(name, names) : undefined;
	const hint = near === undefined ? `expected ${names.map((n) => `${n}=…`).join(", ")}` : `did you mean "${near}=…"?`;
	throw new InputError(`"${option}" is no option of a machine, ${hint}`);
}
