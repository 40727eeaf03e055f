import { InputError } from "@pagelab/base";
import type { KlogEvent } from "@pagelab/klog";
import { InvalidArgumentError } from "commander";
import type { CliCommand } from "../cli/cli-command.ts";
import type { CommandIo } from "../cli/command-io.ts";
import { EXIT, type ExitCode } from "../cli/exit-codes.ts";
import { printable } from "../cli/printable.ts";
import { requireWritable, writeFileWhole } from "../cli/write-file.ts";
import { anonymizeEvents } from "../explain/anonymize/anonymize.ts";
import type { Block } from "../explain/block.ts";
import { eventBlocks } from "../explain/event-blocks.ts";
import { explanationHtml } from "../explain/html/explanation-html.ts";
import { explanationJson } from "../explain/explanation-json.ts";
import { readEvents } from "../explain/read-events.ts";
import { blockText, COLUMNS } from "../explain/text/block-text.ts";
import { severityOf, timelineBlocks, worstEvent } from "../explain/timeline.ts";
import { wrapText } from "../why/wrap-text.ts";

interface ExplainOptions {
	readonly event?: number;
	readonly anonymize?: boolean;
	readonly html?: string;
}

/** The event to explain: the one that the user wants, else the worst. */
function chosenIndex(events: readonly KlogEvent[], { event }: ExplainOptions, file: string): number {
	if (event === undefined) return Math.max(0, worstEvent(events));
	if (event <= events.length) return event - 1;
	const count = events.length === 1 ? "one event" : `${events.length} events`;
	throw new InputError(`the log has ${count}, there is no event ${event}`, { file });
}

/** Such as `kern.log, event 3 of 9: OOM kill, cgroup (lines 10-90, Linux 6.12.117)`. */
function titleOf(events: readonly KlogEvent[], index: number, name: string): string {
	const event = events[index] as KlogEvent;
	const place = events.length === 1 ? "" : `, event ${index + 1} of ${events.length}`;
	const kernel = event.kernel === null ? "" : `, Linux ${event.kernel.release}`;
	return printable(`${name}${place}: ${severityOf(event)} (lines ${event.firstLine}-${event.lastLine}${kernel})`);
}

function blocksOf(events: readonly KlogEvent[], index: number): Block[] {
	return [...eventBlocks(events, index), ...timelineBlocks(events)];
}

const LEGEND = [
	"[kernel rule]: what a kernel of that version does, not what the log says.",
	"[inferred]: rests on an assumption, which the sentence names.",
];

function printText(io: CommandIo, title: string, blocks: readonly Block[], count: number): void {
	for (const line of wrapText(title, COLUMNS)) io.print(io.style("bold", line));
	for (const line of blockText(blocks, io.style)) io.print(line);
	io.print("");
	for (const line of LEGEND) io.print(line);
	if (count > 1) io.print("Another event: --event N, with its number in the timeline.");
}

async function runExplain(io: CommandIo, file: string, options: ExplainOptions): Promise<ExitCode> {
	const { html, anonymize } = options;
	if (html !== undefined) requireWritable(html);
	const read = await readEvents(file, io);
	const events = anonymize === true ? anonymizeEvents(read) : read;
	const index = chosenIndex(events, options, file);
	const name = anonymize === true ? "log" : file === "-" ? "stdin" : file;
	const title = titleOf(events, index, name);
	if (html !== undefined) {
		writeFileWhole(html, explanationHtml({ title, blocks: blocksOf(events, index) }));
		io.note(`The page is in ${printable(html)}.`);
	}
	if (io.json) io.printJson(explanationJson(events, index));
	else printText(io, title, blocksOf(events, index), events.length);
	return EXIT.DONE;
}

function eventNumber(text: string): number {
	if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("Expected the number of an event, from 1.");
	return Number(text);
}

const EXAMPLES = `
Examples:
  journalctl -k -b -1 | pagelab explain
  pagelab explain kern.log.2.gz --event 3
  pagelab explain oom.txt --anonymize --html report.html`;

export const explainCommand: CliCommand = {
	name: "explain",
	declare: (command, bind) => {
		command
			.summary("say why a kernel log has an OOM kill or a failed allocation")
			.description(
				"Reads a kernel log (dmesg, journalctl, syslog, serial console, also packed with gzip) and says of its worst event " +
					"what asked for memory, why it could not be served, where memory was, who was killed and why that one. " +
					"Other events are listed.",
			)
			.argument("[file]", "the log, - for stdin", "-")
			.option("--event <n>", "explain this event instead of the worst", eventNumber)
			.option("--anonymize", "replace names of processes, cgroups, machines and paths; numbers stay")
			.option("--html <file>", "also write a page")
			.addHelpText("after", EXAMPLES)
			.action(bind(runExplain));
	},
};
