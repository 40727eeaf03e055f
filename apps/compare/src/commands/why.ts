import { DEFAULT_KERNEL, KERNEL_IDS } from "@pagelab/base";
import { DESIGNS } from "@pagelab/designs";
import { VMALLOC_RULES } from "@pagelab/vmalloc";
import { Option } from "commander";
import type { CliCommand } from "../cli/cli-command.ts";
import type { CommandIo } from "../cli/command-io.ts";
import { EXIT, type ExitCode } from "../cli/exit-codes.ts";
import { STATE_MOMENTS } from "../input/load-state.ts";
import { WhyMachine } from "../why/answer-request.ts";
import { parseWhy } from "../why/parse-why.ts";
import { ZONE_HELP } from "../why/parse-zone.ts";
import { renderWhy } from "../why/render-why.ts";
import { answerVmalloc } from "../why/vmalloc/answer-vmalloc.ts";
import { parseVmalloc } from "../why/vmalloc/parse-vmalloc.ts";
import { renderVmalloc } from "../why/vmalloc/render-vmalloc.ts";
import { vmallocJson } from "../why/vmalloc/vmalloc-json.ts";
import type { WhyFlags } from "../why/why-flags.ts";
import { whyJson } from "../why/why-json.ts";

function runVmalloc(io: CommandIo, flags: WhyFlags): ExitCode {
	const question = parseVmalloc(flags);
	const answers = answerVmalloc(question);
	if (io.json) io.printJson(vmallocJson(question, answers));
	else for (const line of renderVmalloc(question, answers, io.style)) io.print(line);
	return EXIT.DONE;
}

function runWhy(io: CommandIo, flags: WhyFlags): ExitCode {
	if (flags.vmalloc !== undefined || flags.kvmalloc !== undefined) return runVmalloc(io, flags);
	const question = parseWhy(flags);
	const sides = question.sides.map((side) => ({ side, answers: new WhyMachine(question, side).answerAll() }));
	if (io.json) io.printJson(whyJson(question, sides));
	else for (const line of renderWhy(question, sides, { style: io.style, all: flags.all === true })) io.print(line);
	return EXIT.DONE;
}

/** Each use of an option adds one value. */
const collect = (value: string, previous: readonly string[] | undefined): readonly string[] => [
	...(previous ?? []),
	value,
];

const EXAMPLES = `
Examples:
  pagelab why --gfp 'GFP_KERNEL|__GFP_NOFAIL' --order 2 --profile v6.11 \\
    --scope NORECLAIM --zone free=1000,min=1000,low=1250,high=1500
  pagelab why --gfp GFP_KERNEL --profiles v6.11,v6.12.117 --zone free=8,min=9
  pagelab why --designs pre-revert,post-revert --zone free=1200,min=1000
  pagelab why --gfp GFP_ATOMIC --order 4 --state recording.json.gz --at final
  pagelab why --state kern.log#2
  pagelab why --vmalloc 256K
  pagelab why --kvmalloc 4M --gfp GFP_NOWAIT --vmalloc-rules 6.12,6.19`;

const RULE_NAMES = VMALLOC_RULES.map(({ id, kernels }) => `${id} = ${kernels.join(" ")}`).join(", ");

export const whyCommand: CliCommand = {
	name: "why",
	declare: (command, bind) => {
		command
			.summary("say what one allocation does, step by step, and why")
			.description(
				"Makes one request on a machine and says what happened on every rung of alloc_pages: which zones were tested, " +
					"with which numbers, and where it got its page or gave up. What the rest of the kernel does is assumed.",
			)
			.option("--gfp <mask>", "mask as in C code, as the kernel prints it, or 0x…; of a log, its own if left out")
			.option("--order <n>", "order of the block, 0 to 52; above 10 none can be had (default: 0)")
			.option("--scope <flags>", "task flags, such as NOFS, NORECLAIM or PF_MEMALLOC, joined by |")
			.option("--zone <numbers>", `a zone, repeatable: ${ZONE_HELP}`, collect)
			.option("--state <what...>", "instead: a size (4G), recording, dump, snapshot or /proc texts")
			.addOption(new Option("--at <moment>", "which state of a recording").choices(STATE_MOMENTS).default("initial"))
			.option("--profile <kernel>", `kernel to model: ${KERNEL_IDS.join(", ")} (default: "${DEFAULT_KERNEL}")`)
			.option("--profiles <a,b>", "two kernels side by side")
			.option("--designs <a,b>", `two designs side by side: ${DESIGNS.map((d) => d.id).join(", ")}`)
			.option("--node <n>", "node that is preferred (default: 0)")
			.option("--interrupt <kind>", "context: hardirq, softirq, nmi or bh-disabled; a task if left out")
			.option("--rt", "the task has a real-time priority")
			.option("--victim", "the task was chosen by the OOM killer")
			.option("--reclaim <pages>", "assume that one direct reclaim frees at most so many pages", "32")
			.option(
				"--compaction <result>",
				"assume that compaction is skipped, deferred, complete, partial-skipped, contended, success or off",
				"skipped",
			)
			.option("--oom <what>", "assume that the OOM killer kills, is disabled, pending (a victim) or locked", "kills")
			.option("--oom-frees <pages>", "assume that a kill gives back so many pages", "0")
			.option("--exhaustion <policy>", "when NOFAIL finds no page: p0 to p4 in place of the kernel's own way")
			.option("--size <policy>", "what is too big: kernel-limits, int-max, share-1-of-2, cap-67108864, order-1")
			.option("--rules <list>", "check the mask by proposed rules: p7, p8 or p7,p8")
			.option("--vmalloc <size>", "instead of alloc_pages: who sees which mask in vmalloc(256K), by --vmalloc-rules")
			.option("--kvmalloc <size>", "the same for kvmalloc; six masks unless --gfp names one")
			.option("--vmalloc-rules <list>", `some of ${RULE_NAMES}, by letter or release (default: all)`)
			.option("--all", "also show rungs that had nothing to say")
			.addHelpText("after", EXAMPLES)
			.action(bind(runWhy));
	},
};
