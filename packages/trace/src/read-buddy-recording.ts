import type { InputPosition } from "@pagelab/base";
import type { BuddyOp, BuddyRecording, ProcFiles, RecordedMachine, SlotResult, ZoneLight } from "./buddy-recording.ts";
import { checkFormat } from "./format-version.ts";
import { JsonNode } from "./json-node.ts";
import { parseJsonBytes } from "./json-syntax.ts";
import { readMmprobeStateAt } from "./mmprobe-state.ts";

export const BUDDY_FORMATS = ["mmprobe-buddy-1"] as const;

const MAX_GFP = 0xffff_ffff;

/** Light-status names of the file and of {@link ZoneLight}. */
const LIGHT_NAMES = {
	free: "free",
	free_diff: "freeDiff",
	pcp_count: "pcpCount",
	pcp_high: "pcpHigh",
	pcp_free_count: "pcpFreeCount",
	pcp_alloc_factor: "pcpAllocFactor",
	pcp_flags: "pcpFlags",
	zone_flags: "zoneFlags",
	boost: "boost",
	reserved_highatomic: "reservedHighatomic",
	free_highatomic: "freeHighatomic",
} as const satisfies Record<string, keyof ZoneLight>;

/**
 * Reads a buddy recording (JSON text, already gunzipped) without loss: all operations, results, light statuses and dumps.
 *
 * @param file name for error messages.
 * @throws InputError with the byte offset where the text is cut off or no JSON, else with the path inside the file:
 * unknown or newer format, missing or ill-typed fields, results that do not fit their operation, and states that
 * contradict themselves.
 */
export function readBuddyRecording(bytes: Uint8Array, file?: string): BuddyRecording {
	const at: InputPosition = file === undefined ? {} : { file };
	const root = new JsonNode(parseJsonBytes(bytes, file), at);
	checkFormat(root, BUDDY_FORMATS);
	const lightFields = root.get("lightFields");
	const names = lightFields.items().map((name) => name.text());
	const readOp = new OpReader(names, lightFields, at);
	return {
		name: root.get("name").text(),
		machine: readRecordedMachine(root.get("machine")),
		lightFields: names,
		files: { before: readFiles(root, "before"), after: readFiles(root, "after") },
		initial: readMmprobeStateAt(root.get("initial"), at),
		ops: root
			.get("ops")
			.items()
			.map((op) => readOp.read(op)),
		final: readMmprobeStateAt(root.get("final"), at),
	};
}

/** The `machine` object that all mmprobe formats share. */
export function readRecordedMachine(machine: JsonNode): RecordedMachine {
	return {
		flavour: machine.get("flavour").text(),
		mib: machine.get("mib").integer(1),
		nodes: machine.get("nodes").integer(1),
		version: machine.get("version").text(),
		cmdline: machine.get("cmdline").text(),
	};
}

/** `files.before` or `files.after`: the text of /proc files by name. */
export function readFiles(root: JsonNode, when: "before" | "after"): ProcFiles {
	const files = root.get("files").get(when).entries();
	return Object.fromEntries(files.map(([name, text]) => [name, text.text()]));
}

class OpReader {
	/** Property of ZoneLight by position in the value list. */
	readonly #light: readonly (keyof ZoneLight)[];
	readonly #at: InputPosition;

	constructor(names: readonly string[], field: JsonNode, at: InputPosition) {
		this.#at = at;
		const known = LIGHT_NAMES as Readonly<Record<string, keyof ZoneLight>>;
		this.#light = names.map((name, i) => known[name] ?? field.fail(`unknown light field ${i}, "${name}"`));
		for (const name of Object.keys(known)) {
			if (!names.includes(name)) field.fail(`the light field "${name}" is missing`);
		}
	}

	read(op: JsonNode): BuddyOp {
		const light = op.optional("light");
		const base = { i: op.get("i").integer(), ...(light === undefined ? {} : { light: this.#readLight(light) }) };
		const kind = op.get("op").text();
		switch (kind) {
			case "a":
			case "x":
				return { ...base, op: kind, ...readSlots(op), ...readAllocation(op, kind === "x") };
			case "f":
				return { ...base, op: kind, ...readSlots(op) };
			case "r":
				return { ...base, op: kind, ...readSlots(op), released: readReleased(op.get("ret")) };
			case "b":
				return { ...base, op: kind, ...readSlots(op), ...readMask(op), nid: readNid(op), res: readResults(op, true) };
			case "e":
				return { ...base, op: kind, ...readExact(op) };
			case "p":
			case "L":
				return { ...base, op: kind, on: op.get("on").flag() };
			case "d":
			case "s":
				return { ...base, op: kind };
			case "y":
				return { ...base, op: kind, ret: op.get("ret").integers(0, 1) };
			case "F":
				return { ...base, op: kind, dump: readMmprobeStateAt(op.get("dump"), this.#at) };
			default:
				return op.get("op").fail(`unknown operation "${kind}", expected one of a x f r b e p d y L s F`);
		}
	}

	#readLight(light: JsonNode): readonly ZoneLight[] {
		return light.entries().map(([name, values]) => {
			const match = /^([0-9]+):([0-9]+)$/.exec(name);
			if (match === null) values.fail(`"${name}" is no zone, expected node:zone`);
			const list = values.integers(Number.MIN_SAFE_INTEGER);
			if (list.length !== this.#light.length) {
				values.fail(`expected ${this.#light.length} values, one per light field, found ${list.length}`);
			}
			const zone: Partial<Record<keyof ZoneLight, number>> = { node: Number(match?.[1]), zone: Number(match?.[2]) };
			this.#light.forEach((property, i) => {
				zone[property] = list[i] as number;
			});
			return zone as ZoneLight;
		});
	}
}

const readSlots = (op: JsonNode): { slot: number; n: number } => ({
	slot: op.get("slot").integer(),
	n: op.get("n").integer(),
});

const readMask = (op: JsonNode): { gfp: number } => ({ gfp: op.get("gfp").integer(0, MAX_GFP) });

const readNid = (op: JsonNode): number => op.optional("nid")?.integer(-1) ?? -1;

function readAllocation(
	op: JsonNode,
	mayEndEarly: boolean,
): { order: number; gfp: number; nid: number; res: readonly SlotResult[] } {
	return {
		// Orders above MAX_PAGE_ORDER are requests that the kernel refuses.
		order: op.get("order").integer(0, 31),
		...readMask(op),
		nid: readNid(op),
		res: readResults(op, mayEndEarly),
	};
}

/** One result per slot; fewer only where the operation can end early. */
function readResults(op: JsonNode, mayEndEarly: boolean): readonly SlotResult[] {
	const n = op.get("n").integer();
	const res = op.get("res");
	const list = res.value;
	if (!Array.isArray(list)) return res.fail("expected a list of results");
	if (mayEndEarly ? list.length > n : list.length !== n) {
		res.fail(`${list.length} results for ${n} requests`);
	}
	const bad = (list as readonly unknown[]).findIndex((value) => !isSlotResult(value));
	if (bad >= 0) res.items()[bad]?.fail('expected a frame number, null or "busy"');
	return list as readonly SlotResult[];
}

const isSlotResult = (value: unknown): value is SlotResult =>
	value === null || value === "busy" || (Number.isSafeInteger(value) && (value as number) >= 0);

function readExact(op: JsonNode): { slot: number; bytes: number; gfp: number; res: SlotResult } {
	const res = op.get("res").itemsOf(1)[0] as JsonNode;
	if (!isSlotResult(res.value)) res.fail('expected a frame number, null or "busy"');
	return {
		slot: op.get("slot").integer(),
		bytes: op.get("bytes").integer(1),
		...readMask(op),
		res: res.value as SlotResult,
	};
}

const readReleased = (ret: JsonNode): number => (ret.itemsOf(1)[0] as JsonNode).integer();
