import { expect } from "vitest";
import { CONTRADICTIONS, type KlogEvent, type MemInfo, PARTS } from "../index.ts";

/** What holds for every event, whatever the log: its own statements fit each other. */
export function checkEventShape(event: KlogEvent): void {
	expect(event.firstLine).toBeGreaterThanOrEqual(1);
	expect(event.lastLine).toBeGreaterThanOrEqual(event.firstLine);
	for (const part of event.missing) expect(PARTS[part]).toBeTypeOf("string");
	for (const { code, lines, message } of event.contradictions) {
		expect(CONTRADICTIONS[code]).toBeTypeOf("string");
		expect(message.endsWith(".")).toBe(true);
		expect(lines.every(Number.isInteger)).toBe(true);
	}
	expect(event.missing.includes("trace") && event.trace !== null).toBe(false);
	if ("memInfo" in event && event.memInfo !== null) checkMemInfoShape(event.memInfo);
	if (event.kind !== "oom") return;
	expect(event.victim?.pid).toBe(event.kills[0]?.pid);
	expect(event.missing.includes("head")).toBe(event.trigger === null);
	for (const row of event.table?.rows ?? []) expect(row.name).not.toBe("");
	for (const { pid } of event.reaps) expect(event.kills.some((kill) => kill.pid === pid)).toBe(true);
}

function checkMemInfoShape(memInfo: MemInfo): void {
	const zones = memInfo.zones.map(({ node, zone }) => `${node} ${zone}`);
	expect(new Set(zones).size).toBe(zones.length);
	for (const { blocks, whole, totalKb } of memInfo.freeLists) {
		if (whole) expect(totalKb).not.toBeNull();
		for (const { count, sizeKb } of blocks) expect(count >= 0 && sizeKb >= 0).toBe(true);
	}
}
