import { InputError } from "@pagelab/base";
import { describe, expect, test } from "vitest";
import { parseMachineSpec } from "./parse-machine-spec.ts";

describe("machines", () => {
	const plain = { nodes: 1, cpus: 1, layout: "pc", thp: true };

	test.each([
		["512M", { ...plain, memoryPages: 131_072 }],
		["4G,nodes=2", { ...plain, memoryPages: 1_048_576, nodes: 2 }],
		["4G,cpus=4,thp=off", { ...plain, memoryPages: 1_048_576, cpus: 4, thp: false }],
		["16MiB", { ...plain, memoryPages: 4096 }],
		["1t", { ...plain, memoryPages: 268_435_456 }],
		[" 8192K , layout=one-zone ", { ...plain, memoryPages: 2048, layout: "one-zone" }],
		["2097152", { ...plain, memoryPages: 512 }],
		["pc-4g", { memoryPages: 1_048_576, nodes: 1, cpus: 4, layout: "pc", thp: false }],
		["1g-one-zone", { memoryPages: 262_144, nodes: 1, cpus: 4, layout: "one-zone", thp: false }],
		["64m-one-zone,cpus=2", { memoryPages: 16_384, nodes: 1, cpus: 2, layout: "one-zone", thp: false }],
	])("%s", (text, spec) => {
		expect(parseMachineSpec(text)).toEqual(spec);
	});
});

describe("impossible or mistyped machines are refused in one sentence", () => {
	test.each([
		["0", "a machine without memory cannot boot, expected a size such as 512M or 4G, or a preset"],
		["0M", "a machine without memory cannot boot, expected a size such as 512M or 4G, or a preset"],
		["", 'unknown machine "", expected a size such as 512M or 4G, or a preset (pc-4g, 1g-one-zone, 64m-one-zone)'],
		[
			"-1G",
			'unknown machine "-1G", expected a size such as 512M or 4G, or a preset (pc-4g, 1g-one-zone, 64m-one-zone)',
		],
		[
			"a lot",
			'unknown machine "a lot", expected a size such as 512M or 4G, or a preset (pc-4g, 1g-one-zone, 64m-one-zone)',
		],
		[
			"1.5G",
			'unknown machine "1.5G", expected a size such as 512M or 4G, or a preset (pc-4g, 1g-one-zone, 64m-one-zone)',
		],
		["pc-5g", 'unknown machine "pc-5g", did you mean "pc-4g"?'],
		["1g-onezone", 'unknown machine "1g-onezone", did you mean "1g-one-zone"?'],
		["constructor", /^unknown machine "constructor", expected/],
		["5000", '"5000" is not a whole number of pages of 4096 bytes'],
		["4096T", "a machine cannot have 1099511627776 pages of memory, expected 1 to 1039925248"],
		["4T", "a machine cannot have 1073741824 pages of memory, expected 1 to 1039925248"],
		["99999999999999999999T", /^a machine cannot have \S+ pages of memory, expected 1 to 1039925248$/],
		["4G,nodes=0", "a machine cannot have 0 nodes, expected 1 to 64"],
		["4G,nodes=65", "a machine cannot have 65 nodes, expected 1 to 64"],
		["8M,nodes=3", "3 nodes cannot share 2048 pages, expected at least 1024 pages (4 MiB) for each"],
		["4G,cpus=0", "a machine cannot have 0 CPUs, expected 1 to 8192"],
		["4G,cpus=many", "cpus=many is not a number, expected cpus=1 or more"],
		["4G,cpus=-1", "cpus=-1 is not a number, expected cpus=1 or more"],
		["4G,thp=maybe", "thp=maybe is unknown, expected on or off"],
		["4G,layout=flat", "layout=flat is unknown, expected pc or one-zone"],
		["4G,cpu=4", '"cpu=4" is no option of a machine, did you mean "cpus=…"?'],
		["4G,cpus", '"cpus" is no option of a machine, expected nodes=…, cpus=…, thp=…, layout=…'],
		["4G,", '"" is no option of a machine, expected nodes=…, cpus=…, thp=…, layout=…'],
		["4G,frobnicate=1", '"frobnicate=1" is no option of a machine, expected nodes=…, cpus=…, thp=…, layout=…'],
	])("%s", (text, message) => {
		expect(() => parseMachineSpec(text)).toThrow(InputError);
		expect(() => parseMachineSpec(text)).toThrow(message);
	});
});
