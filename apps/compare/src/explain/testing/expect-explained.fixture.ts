import { InputError } from "@pagelab/base";
import { type KlogEvent, machineOfEvent, readKlog } from "@pagelab/klog";
import { restore } from "@pagelab/page-model";
import fc from "fast-check";
import { expect } from "vitest";
import { readMarkup } from "../../../../../tools/lib/read-markup.ts";
import { plainStyle } from "../../cli/style.ts";
import { anonymizeEvents } from "../anonymize/anonymize.ts";
import type { Block } from "../block.ts";
import { eventBlocks } from "../event-blocks.ts";
import { explanationJson } from "../explanation-json.ts";
import { explanationHtml } from "../html/explanation-html.ts";
import { blockText } from "../text/block-text.ts";
import { timelineBlocks, worstEvent } from "../timeline.ts";
import { damagedLog } from "./damage-log.fixture.ts";
import { expectPlain } from "./expect-plain.fixture.ts";

/** Far more than any of these logs takes. */
const CPU_SECONDS_MAX = 20;
const CONTROLS = new RegExp("[\\u0000-\\u0009\\u000B-\\u001F\\u007F-\\u009F\\u2028-\\u202E]");

/** A machine is made, or the event is refused in words. */
function tryMachine(event: KlogEvent): void {
	try {
		const { state, kernel, notes } = machineOfEvent(event);
		restore(state, kernel);
		expect(notes.length).toBeGreaterThan(0);
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
	}
}

/** All events as the command tells them. */
const blocksOfAll = (events: readonly KlogEvent[]): Block[] => events.flatMap((_, i) => eventBlocks(events, i));

/** Numbers of a block are numbers, and its sentences end. */
function expectSound(block: Block): void {
	expect(JSON.stringify(block)).not.toMatch(/\b(?:NaN|Infinity|undefined|\[object)\b/);
	if (block.kind === "statements") for (const { text } of block.statements) expect(text).toMatch(/[.?!)]$/s);
	if (block.kind === "table") for (const row of block.rows) expect(row).toHaveLength(block.columns.length);
}

/**
 * Reads a log and explains all of it, as text for people and as a page; everything that comes out must be harmless.
 *
 * @param thorough makes a machine and the JSON of each event too, and explains all of it a second time without names.
 */
export function expectExplained(log: string, thorough: boolean = true): void {
	const started = process.cpuUsage().user;
	const events = readKlog(log);
	expect(worstEvent(events) < events.length).toBe(true);
	if (thorough) {
		for (const event of events) tryMachine(event);
		events.forEach((_, i) => expectPlain(explanationJson(events, i)));
	}
	const anonymous = thorough ? blocksOfAll(anonymizeEvents(events)) : [];
	const blocks = [...timelineBlocks(events), ...blocksOfAll(events), ...anonymous];
	for (const block of blocks) expectSound(block);
	for (const line of blockText(blocks, plainStyle)) expect(CONTROLS.test(line)).toBe(false);
	const html = explanationHtml({ title: events[0]?.task?.comm ?? "nothing", blocks });
	expect(CONTROLS.test(html)).toBe(false);
	expect(html.startsWith("<!DOCTYPE html>\n")).toBe(true);
	for (const { name } of readMarkup(html)) expect(name).toMatch(/^[a-z][a-z0-9]*$/);
	expect((process.cpuUsage().user - started) / 1e6).toBeLessThan(CPU_SECONDS_MAX);
}

/** One log in so many is explained thoroughly: that takes three times as long. */
const THOROUGH_ONE_IN = 8;

/** Explains damaged logs. A failure names seed, path and the line that repeats it. */
export function expectDamagedExplained(logs: readonly string[], numRuns: number, name: string): void {
	const { PAGELAB_SEED: seed, PAGELAB_PATH: path } = process.env;
	const runs = {
		numRuns,
		...(seed === undefined ? {} : { seed: Number(seed) }),
		...(path === undefined ? {} : { path }),
	};
	const property = fc.property(damagedLog(logs), fc.nat(THOROUGH_ONE_IN - 1), (log, dice) => {
		expectExplained(log, dice === 0);
	});
	const details = fc.check(property, runs);
	if (!details.failed) return;
	const again = `PAGELAB_SEED=${details.seed} PAGELAB_PATH=${details.counterexamplePath ?? "0"} npm run ${name}`;
	throw new Error(`repeat with: ${again}\n${fc.defaultReportMessage(details) ?? ""}`);
}
