import {
	type CgroupUse,
	type KlogEvent,
	type MemoryDetail,
	type MemoryDivision,
	memoryUse,
	type SystemUse,
	type ZoneUse,
} from "@pagelab/klog";
import type { Block } from "./block.ts";

const share = (kb: number, totalKb: number): string =>
	totalKb > 0 ? `${((100 * kb) / totalKb).toFixed(1).padStart(5)} %` : "";

/** The parts, those that are 0 left out, and what is left of the total. */
function partBars({ totalKb, parts, unaccountedKb }: MemoryDivision): Block {
	const width = String(totalKb).length;
	const text = (kb: number): string => `${String(kb).padStart(width)} kB ${share(kb, totalKb)}`;
	const rows = parts.filter(({ kb }) => kb !== 0).map(({ name, kb }) => ({ label: name, value: kb, text: text(kb) }));
	const rest = { label: "unaccounted", value: unaccountedKb, text: text(unaccountedKb) };
	return { kind: "bars", total: totalKb, rows: [...rows, rest, { label: "total", value: 0, text: text(totalKb) }] };
}

/** Uses that zones are compared by; the rest of a zone is in `other`. */
const ZONE_PARTS = ["anonymous", "shmem", "file cache", "unevictable", "free"] as const;

function zoneTable(zones: readonly ZoneUse[]): Block[] {
	if (zones.length === 0) return [];
	const manyNodes = new Set(zones.map(({ node }) => node)).size > 1;
	const shown = ZONE_PARTS.filter((name) => zones.some(({ parts }) => parts.some((part) => part.name === name)));
	const kbOf = ({ parts }: ZoneUse, name: string): number => parts.find((part) => part.name === name)?.kb ?? 0;
	const right = (title: string): { title: string; align: "right" } => ({ title, align: "right" });
	return [
		{
			kind: "table",
			columns: [
				{ title: manyNodes ? "node, zone" : "zone", align: "left" },
				...shown.map(right),
				right("other"),
				right("total kB"),
			],
			rows: zones.map((zone) => {
				const values = shown.map((name) => kbOf(zone, name));
				const other = zone.totalKb - values.reduce((sum, kb) => sum + kb, 0);
				const name = manyNodes ? `${zone.node} ${zone.zone}` : zone.zone;
				return [name, ...values.map(String), String(other), String(zone.totalKb)];
			}),
		},
	];
}

function detailTable(details: readonly MemoryDetail[]): Block[] {
	if (details.length === 0) return [];
	return [
		{
			kind: "table",
			columns: [
				{ title: "contained in these", align: "left" },
				{ title: "kB", align: "right" },
			],
			rows: details.map(({ name, kb }) => [name, String(kb)]),
		},
	];
}

const cgroupBlocks = (use: CgroupUse): Block[] => [
	{ kind: "heading", text: "Where the cgroup's memory was" },
	{ kind: "statements", statements: use.statements },
	...(use.parts.length > 0 ? [partBars(use), ...detailTable(use.details)] : []),
];

const systemBlocks = (use: SystemUse): Block[] => [
	{ kind: "heading", text: "Where the machine's memory was" },
	{ kind: "statements", statements: use.statements },
	partBars(use),
	...detailTable(use.details),
	...zoneTable(use.zones),
];

/** Where memory was, as a bar picture; nothing where the log has no counters. */
export function memoryBlocks(event: KlogEvent): Block[] {
	const { system, cgroup } = memoryUse(event);
	return [...(cgroup === null ? [] : cgroupBlocks(cgroup)), ...(system === null ? [] : systemBlocks(system))];
}
