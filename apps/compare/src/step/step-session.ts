import type { KernelId } from "@pagelab/base";
import { type MachineState, snapshot, wmarkPages, ZONE_FLAG, type Zone } from "@pagelab/page-model";
import type { Style } from "../cli/style.ts";
import { drawMap } from "../map/draw-map.ts";
import { mapJson } from "../map/map-json.ts";
import { lightStatus } from "../verify/light-status.ts";
import { describeEvents, pagesText } from "./describe-event.ts";
import { OPERATION_HELP, type StepOperation } from "./operation.ts";
import { parseOperation } from "./parse-operation.ts";
import { StepMachine } from "./step-machine.ts";

/** What an operation led to: lines for people, objects for programs. */
export interface StepAnswer {
	readonly lines: readonly string[];
	readonly events: readonly object[];
	/** The user wants to end. */
	readonly quit: boolean;
}

/** More lines of one operation than this are counted instead, unless the user wants all. */
const MAX_LINES = 40;
/** Of those that are shown, so many are the last ones. */
const TAIL_LINES = 10;

const NOTHING: StepAnswer = { lines: [], events: [], quit: false };

export interface StepOptions {
	readonly kernel: KernelId;
	readonly style: Style;
	/** Show every line of an operation. */
	readonly all: boolean;
	/** Heading of the map. */
	readonly title: string;
}

/** A conversation with a {@link StepMachine}: text in, what happened out. */
export class StepSession {
	readonly machine: StepMachine;
	readonly #options: StepOptions;
	#operations = 0;

	/** @throws InputError for a state that contradicts itself. */
	constructor(state: MachineState, options: StepOptions) {
		this.machine = new StepMachine(state, options.kernel);
		this.#options = options;
	}

	/**
	 * Performs what a line asks for.
	 *
	 * @throws InputError in one sentence for what is no operation, or cannot be done; then nothing has changed.
	 */
	answer(line: string): StepAnswer {
		const operation = parseOperation(line, this.#options.kernel);
		if (operation === undefined) return NOTHING;
		const { lines, events } = this.#perform(operation);
		const op = ++this.#operations;
		return {
			lines,
			events: [{ op, event: "operation", text: line.trim() }, ...events.map((event) => ({ op, ...event }))],
			quit: operation.kind === "quit",
		};
	}

	#perform(operation: StepOperation): { readonly lines: readonly string[]; readonly events: readonly object[] } {
		const { style, title } = this.#options;
		const { model, slots } = this.machine;
		switch (operation.kind) {
			case "status":
				return {
					lines: model.zones.flatMap((zone) => describeZone(zone, model.cpu)),
					events: lightStatus(model).map((zone) => ({ event: "status", ...zone })),
				};
			case "slots": {
				const used = [...slots].sort(([a], [b]) => a - b).map(([slot, rest]) => ({ event: "slot", slot, ...rest }));
				const lines = used.map(({ slot, pfn, pages }) => `slot ${slot}: ${pagesText(pages)} from frame ${pfn}`);
				return { lines: this.#cut(lines), events: used };
			}
			case "map": {
				const state = snapshot(model);
				return {
					lines: drawMap(state, title, style),
					events: [{ event: "map", ...(mapJson(state, title, []) as object) }],
				};
			}
			case "help":
				return { lines: helpLines(), events: OPERATION_HELP.map((help) => ({ event: "help", ...help })) };
			case "quit":
				return { lines: [], events: [] };
			default: {
				const events = this.machine.perform(operation);
				return { lines: this.#cut(describeEvents(events, style, this.#options.kernel)), events };
			}
		}
	}

	#cut(lines: readonly string[]): readonly string[] {
		const { style, all } = this.#options;
		if (all || lines.length <= MAX_LINES) return lines;
		const cut = style("dim", `... ${lines.length - MAX_LINES} more lines (--all shows them)`);
		return [...lines.slice(0, MAX_LINES - TAIL_LINES), cut, ...lines.slice(-TAIL_LINES)];
	}
}

const HELP_COLUMN = 34;
const helpLines = (): string[] => OPERATION_HELP.map(({ usage, what }) => `${usage.padEnd(HELP_COLUMN)}${what}`);

const FLAG_NAMES = [
	[ZONE_FLAG.BELOW_HIGH, "below high"],
	[ZONE_FLAG.RECLAIM_ACTIVE, "reclaim active"],
	[ZONE_FLAG.BOOSTED_WATERMARK, "boosted"],
] as const;

/** Counters of a zone and of the CPU that runs. */
function describeZone(zone: Zone, cpu: number): string[] {
	const flags = FLAG_NAMES.filter(([bit]) => (zone.flags & bit) !== 0).map(([, name]) => name);
	const marks = ["min", "low", "high"].map((name, i) => `${name} ${wmarkPages(zone, i)}`).join(", ");
	const boost = zone.boost === 0 ? "" : `, boost ${zone.boost}`;
	const pcp = zone.pcps[cpu];
	const part =
		pcp === undefined || pcp.freePagesDiff === 0 ? "" : ` (and ${pcp.freePagesDiff} in the part of CPU ${cpu})`;
	const lines = [
		`${zone.name} of node ${zone.node}: ${zone.freePages} free${part}`,
		`  ${marks}${boost}${flags.length === 0 ? "" : `; ${flags.join(", ")}`}`,
	];
	if (zone.nrReservedHighatomic > 0) {
		lines.push(`  highatomic reserve ${zone.nrReservedHighatomic}, of which ${zone.nrFreeHighatomic} free`);
	}
	if (pcp !== undefined) {
		lines.push(
			`  CPU ${cpu}: ${pcp.count} pages, high ${pcp.high} (${pcp.highMin} to ${pcp.highMax}), batch ${pcp.batch}, ` +
				`alloc_factor ${pcp.allocFactor}, free_count ${pcp.freeCount}`,
		);
	}
	return lines;
}
