import { explainUnserved, type LogContext, type Statement, type UnservedEvent, type ZoneCheck } from "@pagelab/klog";
import type { Block } from "./block.ts";

const zoneName = ({ node, zone }: ZoneCheck, manyNodes: boolean): string => (manyNodes ? `${node} ${zone}` : zone);

/** Zones with numbers that the request may use, from the one that it comes to first down. */
const shownZones = (zones: readonly ZoneCheck[]): ZoneCheck[] =>
	zones
		.filter(({ verdict, managed }) => !verdict.startsWith("not by") && verdict !== "unknown" && managed !== 0)
		.toReversed();

const between = (least: number, most: number): string => (most > least ? `${least}-${most}` : String(least));

/** The arithmetic of the watermark test: free - kept - block = usable, against min (as the request sees it) + reserve. */
function watermarkTable(zones: readonly ZoneCheck[]): Block {
	const manyNodes = new Set(zones.map(({ node }) => node)).size > 1;
	const right = (title: string): { title: string; align: "right" } => ({ title, align: "right" });
	return {
		kind: "table",
		columns: [
			{ title: manyNodes ? "node, zone" : "zone", align: "left" },
			right("free"),
			right("kept"),
			right("block"),
			right("usable"),
			right("mark"),
			right("reserve"),
			right("margin"),
			{ title: "result", align: "left" },
		],
		rows: zones.map((check) => [
			zoneName(check, manyNodes),
			String(check.free),
			between(check.cma + check.highatomic, check.cma + check.highatomicMax),
			String(check.blockPages),
			String(check.usable),
			String(check.mark),
			String(check.reserve),
			String(check.margin),
			check.verdict,
		]),
	};
}

const LEGEND: Statement = {
	text: "In pages: usable = free - kept (CMA or highatomic pages that are not for it) - block (2^order - 1); margin = usable - mark (min, after any discount) - reserve (lowmem_reserve), which must be above 0.",
	basis: "kernel rule",
};

/** Free blocks of the order and above with their letters; which of them the request may use. */
function blocksTable(zones: readonly ZoneCheck[]): Block[] {
	const shown = zones.filter(({ blocks }) => blocks.length > 0).slice(0, 4);
	const orders = [...new Set(shown.flatMap(({ blocks }) => blocks.map(({ order }) => order)))].sort((a, b) => a - b);
	if (orders.length === 0) return [];
	const manyNodes = new Set(zones.map(({ node }) => node)).size > 1;
	const cell = (check: ZoneCheck, order: number): string => {
		const own = check.blocks.find((blocks) => blocks.order === order);
		if (own === undefined) return "?";
		if (own.blocks === 0) return ".";
		const letters = own.types === null ? "" : ` ${own.types}`;
		return `${own.blocks}${letters}${own.usable === "all" ? "" : own.usable === "some" ? " (some usable)" : " (not usable)"}`;
	};
	return [
		{
			kind: "table",
			columns: [
				{ title: "order", align: "right" },
				...shown.map((check) => ({ title: zoneName(check, manyNodes), align: "right" as const })),
			],
			rows: orders.map((order) => [String(order), ...shown.map((check) => cell(check, order))]),
		},
	];
}

/** What asked for memory and why it was not served, as people read it. */
export function unservedBlocks(event: UnservedEvent, context: LogContext): Block[] {
	const { what, why, zones, reason } = explainUnserved(event, context);
	const shown = shownZones(zones);
	const aboutZones = shown.length > 0 && reason !== "cgroup limit";
	const asked: Block[] = what.length === 0 ? [] : [{ kind: "statements", statements: what }];
	return [
		...(event.kind === "oom" && asked.length > 0 ? [{ kind: "heading", text: "What asked for memory" } as const] : []),
		...(event.kind === "oom" ? asked : []),
		{ kind: "heading", text: reason === "manual" ? "Why the killer ran" : "Why it could not be served" },
		...(event.kind === "oom" ? [] : asked),
		{ kind: "statements", statements: why },
		...(aboutZones ? [watermarkTable(shown), { kind: "statements", statements: [LEGEND] } as const] : []),
		...(event.kind === "oom" ? blocksTable(shown) : []),
	];
}
