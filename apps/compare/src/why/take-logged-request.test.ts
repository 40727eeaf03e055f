import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixturePath, readFixture } from "../../../../tools/fixtures/fixture.ts";
import { sharedFolder } from "../../../../tools/fixtures/shared-folder.ts";
import { runCommand } from "../commands/run-command.fixture.ts";

interface WhyJson {
	readonly notes: readonly string[];
	readonly context: { readonly nid: number; readonly preemptCount: number; readonly oomVictim: boolean };
	readonly sides: readonly {
		readonly id: string;
		readonly requests: readonly {
			readonly gfp: string;
			readonly order: number;
			readonly taskFlags: string;
			readonly end: string;
		}[];
	}[];
}

async function ask(log: string, ...options: readonly string[]): Promise<WhyJson> {
	const { code, out, err } = await runCommand("why", "--state", log, "--json", ...options);
	expect([code, err]).toEqual([0, ""]);
	return JSON.parse(out) as WhyJson;
}

const requestOf = ({ sides }: WhyJson) => sides[0]?.requests[0];
const said = ({ notes }: WhyJson): string[] => notes.filter((note) => note.startsWith("taken from the log"));

const log118 = fixturePath("klog/118.log");
const text118 = new TextDecoder().decode(readFixture("klog/118.log"));
const folder = mkdtempSync(join(tmpdir(), "pagelab-test-"));

/** Log 118 with another first line and other functions in the place of one that is in its trace for certain. */
function altered(name: string, mask: string, functions: readonly string[]): string {
	const frames = functions.map((own) => `[94154.012467]  ${own}+0x1/0x2`).join("\n");
	const text = text118
		.replace(/mode:0x40dc0\([^)]*\)/, mask)
		.replace(/^.*\] {2}unpack_profile\+.*$/m, frames === "" ? "$&" : frames);
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
}

interface KnownLog {
	readonly id: string;
	readonly meta: { readonly order: number; readonly gfpMask: string };
}

const cases = JSON.parse(new TextDecoder().decode(readFixture("klog/cases.json"))) as KnownLog[];
/** Of kernels whose masks have the modelled layout, with the numbers of zones. */
const MODELLED = ["055", "071", "074", "106", "118", "128"];

describe("the request of a log", () => {
	test.each(cases.filter(({ id }) => MODELLED.includes(id)))(
		"$id: mask and order as its metadata has them",
		async (own) => {
			const json = await ask(fixturePath(`klog/${own.id}.log`));
			expect(requestOf(json)).toMatchObject({ gfp: own.meta.gfpMask, order: own.meta.order });
			expect(said(json)).toHaveLength(1);
		},
	);

	test("is said in one line, and fails as it did", async () => {
		const { out } = await runCommand("why", "--state", log118);
		const note = out.replaceAll("\n  ", " ");
		expect(note).toContain("Note: taken from the log: mask GFP_KERNEL|__GFP_COMP|__GFP_ZERO, order 10.\n");
		// A stale return address (`?`) of direct compaction is in the trace: it proves nothing.
		expect(text118).toContain("? __alloc_pages_direct_compact+");
		expect(out).not.toContain("PF_MEMALLOC");
		expect(out).toContain("Result: NULL");
	});

	test("an old kernel's mask is asked in the modelled bits", async () => {
		// 4.4 printed 0x24040c0 for GFP_KERNEL|__GFP_COMP, which is 0x40cc0 now.
		expect(requestOf(await ask(fixturePath("klog/097.log")))).toMatchObject({ gfp: "0x40cc0", order: 5 });
	});

	test("both profiles ask it", async () => {
		const { sides } = await ask(log118, "--profiles", "v6.11,v6.12.117");
		expect(sides.map(({ id, requests }) => [id, requests[0]?.gfp, requests[0]?.order])).toEqual([
			["v6.11", "0x40dc0", 10],
			["v6.12.117", "0x40dc0", 10],
		]);
	});
});

describe("explicit options win", () => {
	test("order", async () => {
		const json = await ask(log118, "--order", "0");
		expect(requestOf(json)).toMatchObject({ gfp: "0x40dc0", order: 0, end: "page" });
		expect(said(json)).toEqual(["taken from the log: mask GFP_KERNEL|__GFP_COMP|__GFP_ZERO"]);
	});

	test("mask", async () => {
		const json = await ask(log118, "--gfp", "GFP_NOWAIT");
		expect(requestOf(json)).toMatchObject({ gfp: "0x2800", order: 10 });
		expect(said(json)).toEqual(["taken from the log: order 10"]);
	});

	test("both, and then nothing is the log's", async () => {
		expect(said(await ask(log118, "--gfp", "GFP_NOWAIT", "--order", "1"))).toEqual([]);
	});

	test("designs bring their own requests", async () => {
		const json = await ask(log118, "--designs", "pre-revert,post-revert");
		expect([requestOf(json)?.order, said(json)]).toEqual([0, []]);
	});
});

describe("context, where the log is certain of it", () => {
	const ATOMIC = "mode:0x820(GFP_ATOMIC)";

	test.each([
		["softirq", ["net_rx_action", "handle_softirqs", "__irq_exit_rcu"], 0x100],
		["hardirq", ["__handle_irq_event_percpu", "handle_irq_event", "handle_softirqs"], 0x1_0000],
		["nmi", ["nmi_handle", "exc_nmi"], 0x10_0000],
	])("%s", async (name, functions, preemptCount) => {
		const json = await ask(altered(`${name}.log`, ATOMIC, functions));
		expect(json.context.preemptCount).toBe(preemptCount);
		expect(said(json)[0]).toContain(`, ${name} (${functions.find((own) => /irq|exc_nmi/.test(own))}() in its trace)`);
	});

	test("an entry that also leads back to a task's work is not certain", async () => {
		const log = altered("entry.log", ATOMIC, ["irqentry_exit_to_user_mode", "asm_sysvec_apic_timer_interrupt"]);
		expect((await ask(log)).context.preemptCount).toBe(0);
	});

	test("a request that may wait is a task's, and an option wins", async () => {
		const waits = altered("waits.log", "mode:0xcc0(GFP_KERNEL)", ["handle_softirqs"]);
		expect((await ask(waits)).context.preemptCount).toBe(0);
		const atomic = altered("atomic.log", ATOMIC, ["handle_softirqs"]);
		expect((await ask(atomic, "--interrupt", "bh-disabled")).context.preemptCount).toBe(0x200);
		expect((await ask(atomic, "--rt")).context.preemptCount).toBe(0);
	});

	test("inside of direct reclaim it has PF_MEMALLOC, unless a scope is named", async () => {
		const log = altered("reclaim.log", "mode:0xcc0(GFP_KERNEL)", ["shrink_node", "try_to_free_pages"]);
		const json = await ask(log);
		expect(requestOf(json)?.taskFlags).toBe("PF_MEMALLOC");
		expect(said(json)[0]).toContain("PF_MEMALLOC (try_to_free_pages() in its trace)");
		expect(requestOf(await ask(log, "--scope", "NOFS"))?.taskFlags).toBe("PF_MEMALLOC_NOFS");
	});

	test("a shrinker that was called by hand does not have it", async () => {
		const log = altered("drop.log", "mode:0xcc0(GFP_KERNEL)", [
			"shrink_slab",
			"drop_slab",
			"drop_caches_sysctl_handler",
		]);
		expect(requestOf(await ask(log))?.taskFlags).not.toContain("MEMALLOC");
	});

	test("the only node that it is limited to", async () => {
		expect((await ask(fixturePath("klog/071.log"))).context.nid).toBe(4);
	});

	test("that it is limited to some nodes of several is said not to be asked", async () => {
		const log = join(folder, "nodes.log");
		const text = new TextDecoder().decode(readFixture("klog/106.log"));
		const onTwoNodes = text.replaceAll("Node 0 Normal", "Node 1 Normal");
		writeFileSync(log, onTwoNodes.replace("mode:0x1(GFP_DMA)", "mode:0xcc0(GFP_KERNEL)"));
		const { notes } = await ask(log);
		expect(notes).toContain("the log limits the request to node 0; here it may use the others too");
		expect((await ask(fixturePath("klog/106.log"))).notes.join()).not.toContain("limits");
	});
});

describe("a log without the request", () => {
	const fails = async (log: string, ...options: readonly string[]): Promise<string> => {
		const { code, out, err } = await runCommand("why", "--state", log, ...options);
		expect([code, out]).toEqual([2, ""]);
		expect(err.trimEnd().split("\n")).toHaveLength(1);
		return err;
	};

	test("a mask that the log lacks is asked for, and can be given", async () => {
		const log = altered("mask.log", "mo", []);
		expect(await fails(log)).toContain("expected --gfp with");
		expect(requestOf(await ask(log, "--gfp", "GFP_KERNEL", "--order", "3"))).toMatchObject({ gfp: "0xcc0", order: 3 });
	});

	test("other states have none", async () => {
		expect(await fails("256M")).toContain("there is no request, expected --gfp with a mask");
	});
});

describe.skipIf(sharedFolder === undefined)("recorded boots (needs the shared folder)", () => {
	const boot = (name: string): string => join(sharedFolder as string, "oracle", "dev", "oom", name);

	test("a request of a task that had been killed before fails as a victim's", async () => {
		const json = await ask(boot("adj.dmesg.gz#3"));
		expect([json.context.oomVictim, requestOf(json)?.end]).toEqual([true, "NULL"]);
		expect(said(json)[0]).toContain("OOM victim (killed before in this log)");
	});

	test("SysRq-f asked for nothing", async () => {
		const { code, err } = await runCommand("why", "--state", boot("sysrq.dmesg.gz#1"));
		expect(code).toBe(2);
		expect(err).toContain("there is no request: nobody had asked for memory in this event (SysRq-f), expected --gfp");
	});

	test("a memory policy prefers its node", async () => {
		expect((await ask(boot("mempolicy.dmesg.gz"))).context.nid).toBe(1);
	});
});
