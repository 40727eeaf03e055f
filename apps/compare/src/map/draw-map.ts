import type { MachineState, NodeState, PageClass } from "@pagelab/page-model";
import type { Style } from "../cli/style.ts";
import { drawFreeLists } from "./draw-free-lists.ts";
import { drawPageblocks, MIXED, NO_MEMORY } from "./draw-pageblocks.ts";
import { drawPcp } from "./draw-pcp.ts";
import { drawWatermarks } from "./draw-watermarks.ts";
import { formatPages } from "./format-pages.ts";
import { MIGRATETYPE_LOOKS } from "./migratetypes.ts";
import { summarizeZone, type ZoneSummary } from "./zone-summary.ts";

const CLASS_NAMES: readonly (readonly [PageClass, string])[] = [
	["L", "on an LRU list"],
	["S", "slab"],
	["T", "page tables"],
	["M", "movable, not on an LRU"],
	["A", "other"],
	["R", "reserved"],
];

/** The picture of a state in lines of at most 80 columns. */
export function drawMap(state: MachineState, title: string, style: Style): string[] {
	const lines = [...drawTitle(state, title, style)];
	for (const node of state.nodes) {
		for (const zone of node.zones) {
			lines.push("", ...drawZone(state, summarizeZone(state, node, zone), style));
		}
		if (state.listOrderKnown) lines.push("", ...drawUse(node, style));
	}
	lines.push("", drawLegend(style));
	return lines;
}

function drawTitle(state: MachineState, title: string, style: Style): string[] {
	const zones = state.nodes.flatMap((node) => node.zones);
	const managed = zones.reduce((sum, zone) => sum + zone.managed, 0);
	const free = zones.reduce((sum, zone) => sum + zone.nrFreePages, 0);
	const onCpus = zones.reduce((sum, zone) => sum + zone.pcp.reduce((n, pcp) => n + pcp.count, 0), 0);
	const nodes = state.nodes.length === 1 ? "one node" : `${state.nodes.length} nodes`;
	return [
		style("bold", title),
		`${formatPages(managed)} managed on ${nodes}, ${formatPages(free)} free, ${formatPages(onCpus)} in per-CPU lists`,
	];
}

function drawZone(state: MachineState, summary: ZoneSummary, style: Style): string[] {
	const { zone } = summary;
	const frames = `frames ${zone.startPfn} to ${zone.startPfn + zone.spanned - 1}`;
	return [
		style("bold", `Node ${zone.node}, zone ${zone.name}`) + `  ${formatPages(zone.managed)} managed, ${frames}`,
		...drawWatermarks(zone, style),
		"",
		...drawFreeLists(summary, style),
		"",
		...drawPageblocks(summary, style),
		"",
		...drawPcp(zone, state.listOrderKnown, style),
	];
}

/** Pages in use by class. */
export function usedPages(node: NodeState): readonly { readonly name: string; readonly pages: number }[] {
	const totals = new Map<PageClass, number>();
	for (const [kind, , count] of node.pages) totals.set(kind, (totals.get(kind) ?? 0) + count);
	return CLASS_NAMES.map(([kind, name]) => ({ name, pages: totals.get(kind) ?? 0 })).filter(({ pages }) => pages > 0);
}

function drawUse(node: NodeState, style: Style): string[] {
	const parts = usedPages(node).map(({ name, pages }) => `${formatPages(pages)} ${name}`);
	const head = `Node ${node.node}, in use  `;
	return wrap(style("bold", head), parts, head.length);
}

function wrap(head: string, parts: readonly string[], indent: number): string[] {
	const lines: string[] = [];
	let line = "";
	for (const [i, part] of parts.entries()) {
		const text = i === parts.length - 1 ? part : `${part}, `;
		if (line !== "" && indent + line.length + text.trimEnd().length > 80) {
			lines.push(line.trimEnd());
			line = "";
		}
		line += text;
	}
	lines.push(line);
	return lines.map((text, i) => (i === 0 ? head : " ".repeat(indent)) + text);
}

const drawLegend = (style: Style): string => {
	const letters = MIGRATETYPE_LOOKS.map((look) => style(look.style, `${look.letter} ${look.name}`));
	return `${letters.join("  ")}  ${MIXED} mixed  ${NO_MEMORY} none`;
};
