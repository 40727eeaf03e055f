import { describe, expect, test } from "vitest";
import { type Ran, runCommand } from "../commands/run-command.fixture.ts";
import { wrapText } from "./wrap-text.ts";

/** Options as one text, separated by blanks. */
const why = (options: string): Promise<Ran> => whyWith(options.split(" "));

const whyWith = (args: readonly string[]): Promise<Ran> => runCommand("why", ...args);

const ZONE = "--zone free=1000,min=1000,low=1250,high=1500";

test("a NOFAIL in a NORECLAIM scope of 6.11 returns NULL, and says where that was decided", async () => {
	const { code, out } = await why(`--gfp GFP_KERNEL|__GFP_NOFAIL --order 2 --profile v6.11 --scope NORECLAIM ${ZONE}`);
	expect(code).toBe(0);
	// memalloc-scopes.md §3: 0x8cc0 becomes 0x88c0.
	expect(out).toContain("E2   scopes make the mask 0x88c0");
	expect(out).toContain("     - Normal: 1000 free - 3 = 997, not above low 1250\n");
	expect(out).toContain("S12  may not reclaim: the mask is without __GFP_DIRECT_RECLAIM\n");
	expect(out).toContain("S21  warns: __GFP_NOFAIL without __GFP_DIRECT_RECLAIM\n");
	expect(out).toContain(`S21  NULL, with the message "page allocation failure: order:2"\n`);
	expect(out).toContain("Result: NULL, decided at S12.\n");
});

describe("side by side", () => {
	test("profiles part at the retry of an empty LRU zone", async () => {
		const { out } = await why("--gfp GFP_KERNEL --profiles v6.11,v6.12.117 --zone free=800,min=1000");
		expect(out).toContain("They part at S17.\n");
		expect(out).toMatch(/S17 {2}Normal: 0 reclaimable \+ free = +│ {2}S17 {2}Normal: 800 reclaimable \+ free =/);
		expect(out.split("\n").filter((line) => line.startsWith("S4"))).toHaveLength(1);
	});

	test("designs take the same rungs in the first try, as the ledger's answer to A1 says", async () => {
		const { out } = await why("--designs pre-revert,post-revert --zone free=1200,min=1000");
		expect(out).toContain("first try, under the locks\n");
		expect(out).toContain("They take the same rungs.\n");
		expect(out).toMatch(/= {4}a page of Normal, found at S4 +│ {2}= {4}a page of Normal, found at S4\n/);
		expect(out).not.toContain("second try");
	});

	test("designs without the scope's context rule part where it matters", async () => {
		const { out } = await why(`--designs pre-revert,post-revert --gfp GFP_KERNEL --scope NORECLAIM ${ZONE}`);
		expect(out).toContain("They part at S12.\n");
	});

	test("a scope that one profile does not know is said to have no effect there", async () => {
		const { out } = await why(`--gfp GFP_KERNEL --profiles v6.11,v6.12.117 --scope NORECLAIM ${ZONE}`);
		expect(out).toContain("Note: v6.12.117 does not know PF_MEMALLOC_NORECLAIM: it has no effect there.\n");
		expect(out).toContain("They part at S12.\n");
	});

	test("a naive design that has no second try says so", async () => {
		const { out } = await why(`--designs naive-nofs,post-revert ${ZONE}`);
		expect(out).toContain("They part at S12.\n");
		expect(out).toContain("makes no further try");
	});
});

test("a request without end is told once", async () => {
	const { out } = await why(`--gfp GFP_KERNEL ${ZONE}`);
	expect(out).toContain("rounds 2 to 16: the same\n");
	expect(out).toContain("and so on, from round 1 again and again\n");
	expect(out).toContain("Result: no end: it climbs on until others free memory.\n");
	expect(out.split("\n").length).toBeLessThan(40);
});

test("assumptions change the answer and stand in it", async () => {
	const { out } = await why(`--gfp GFP_KERNEL --oom-frees 300 --profile v6.11 ${ZONE}`);
	expect(out).toContain("Assumed: reclaim frees at most 32 pages a round, compaction is skipped, the");
	expect(out).toContain("kills and 300 pages come back.");
	expect(out).toContain("Result: a page of Normal, found at S11.\n");
	const noretry = await why(
		"--gfp GFP_KERNEL|__GFP_NORETRY --order 4 --compaction deferred --zone free=1100,min=1000,largest=2",
	);
	expect(noretry.out).toContain("S5   direct compaction at ASYNC: DEFERRED\n");
	expect(noretry.out).toContain("S6   __GFP_NORETRY of a costly order: gives up after its first compaction\n");
	expect(noretry.out.replaceAll(/\n +/g, " ")).toContain(
		"- Normal: 1100 free - 15 = 1085, above min 1000, but no free block of order 4 or more that it may use",
	);
});

test("context counts: an interrupt, a real-time task, a victim", async () => {
	const zone = "--zone free=501,min=1000";
	expect((await why(`--gfp GFP_KERNEL --rt ${zone}`)).out).toContain("found at S4.");
	expect((await why(`--gfp GFP_KERNEL --victim ${zone}`)).out).toContain("S9   victim of the OOM killer");
	const memalloc = "--gfp GFP_ATOMIC --scope MEMALLOC --zone free=1,min=1000";
	expect((await why(memalloc)).out).toContain("Result: a page of Normal, found at S11.");
	expect((await why(`${memalloc} --interrupt hardirq`)).out).toContain("Result: NULL");
});

test("a booted machine is a machine too", async () => {
	const { out } = await why("--gfp GFP_KERNEL --state 256M");
	expect(out).toContain("Machine: 256M, just booted.\n");
	expect(out).toMatch(/E5 {3}tries at the low mark .*: page/);
});

describe("policies and rules", () => {
	const hopeless = "--gfp GFP_NOWAIT|__GFP_NOFAIL --zone free=1,min=10";

	test("P0 is the kernel; P1 classifies first; P2 and P3 end the task; P4 hangs when its budget is spent", async () => {
		const plain = (await why(hopeless)).out;
		expect((await why(`${hopeless} --exhaustion p0`)).out.replace(/Policy[^]*?\n\n/, "\n")).toBe(plain);
		const p1 = (await why(`${hopeless} --exhaustion p1`)).out;
		expect(p1).toContain("Policy p1-only-if-impossible (Overstreet): NOFAIL means: fail only if it is");
		expect(p1).not.toContain("E5");
		expect(p1).toContain("Result: NULL, decided at S21.");
		expect((await why(`${hopeless} --exhaustion p2`)).out).toContain(
			"S21  BUG()\n\nResult: the task does not come back.",
		);
		expect((await why(`${hopeless} --exhaustion p3`)).out).toContain("S21  the caller is killed\n");
		expect((await why(`${hopeless} --exhaustion p4`)).out).toContain("Result: the task does not come back.");
	});

	test("a size policy refuses before anything is tried, and says in JSON which it is", async () => {
		const { out } = await why(`--gfp GFP_KERNEL|__GFP_NOFAIL --order 2 --size order-1 --json ${ZONE}`);
		const json = JSON.parse(out);
		expect([json.policies, json.sides[0].requests[0].end]).toEqual([{ size: "order-1" }, "NULL"]);
		expect(json.sides[0].requests[0].rungs.map((r: { rung: string }) => r.rung)).toEqual(["E1", "E1"]);
	});

	test("--rules p7,p8 judges the mask as the side sees it", async () => {
		const { out } = await why(`--gfp GFP_NOFS|__GFP_NOFAIL --rules p7,p8 ${ZONE}`);
		expect(out).toContain("Rule P7: NOFAIL is spelled GFP_KERNEL|__GFP_NOFAIL and nothing else; say NOFS\n");
		expect(out).toContain("Rule P8: never fails without __GFP_NOFAIL either");
		const clean = await why(`--gfp GFP_KERNEL --rules p7,p8 ${ZONE}`);
		expect(clean.out).toContain("Rule P7: nothing against it.\nRule P8: nothing against it.\n");
		const scoped = await why(`--gfp GFP_KERNEL --rules p8 --profiles v6.11,v6.12.117 --scope NORECLAIM ${ZONE}`);
		expect(scoped.out).toMatch(/rule P8: not among the requests that +│ {2}rule P8: nothing against it/);
	});
});

test("every line fits 80 columns", async () => {
	const questions = [
		`--gfp GFP_HIGHUSER_MOVABLE|__GFP_NOFAIL|__GFP_COMP|__GFP_ZERO|__GFP_ACCOUNT --order 3 ${ZONE}`,
		`--gfp GFP_ATOMIC --order 2 --profiles v6.12.0,v6.12.117 ${ZONE} --all`,
		`--designs pre-revert,naive-nofs --order 4 ${ZONE}`,
		"--gfp GFP_DMA32 --state 8G,nodes=2",
		"--help",
	];
	for (const question of questions) {
		const { out } = await why(question);
		expect(out.length).toBeGreaterThan(100);
		for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
	}
});

test("--json has every entry with its numbers", async () => {
	const { out } = await why(`--gfp GFP_ATOMIC --profiles v6.11,v6.12.117 --order 1 --json ${ZONE}`);
	const json = JSON.parse(out);
	expect(json.format).toBe("pagelab-why-1");
	const [side] = json.sides;
	expect(side.requests[0]).toMatchObject({ gfp: "0x820", order: 1, end: "page" });
	expect(side.requests[0].rungs[1]).toMatchObject({
		rung: "E5",
		outcome: "no page",
		allocFlags: "ALLOC_WMARK_LOW|ALLOC_NOFRAGMENT|ALLOC_KSWAPD",
	});
	// The high mark first, then the low one; then again with fragmenting allowed.
	expect(side.requests[0].rungs[1].tests.map((t: { mark: number }) => t.mark)).toEqual([1500, 1250, 1250]);
	expect(side.requests[0].rungs[1].tests[1]).toEqual({
		node: 0,
		zone: "Normal",
		mark: 1250,
		reserve: 0,
		free: 1000,
		unusable: 0,
		ok: false,
	});
	expect(json.partsAt).toBeNull();
});

test.each([
	[`--gfp GFP_KERNEL --profile v6.11 --profiles v6.11,v6.12.0 ${ZONE}`, "--profile and --profiles exclude each other"],
	[`--gfp GFP_KERNEL --profiles v6.11,v6.12.0 --designs a,b ${ZONE}`, "--profiles and --designs exclude each other"],
	[`--gfp GFP_KERNEL ${ZONE} --state 4G`, "--zone and --state exclude each other"],
	["--gfp GFP_KERNEL", "there is no machine"],
	[ZONE, "there is no request"],
	[`--designs pre-revert,post-revert --scope NOFS ${ZONE}`, "--scope contradicts the designs' own scopes"],
	[`--gfp GFP_KERNEL --oom disabled --oom-frees 5 ${ZONE}`, "--oom-frees contradicts --oom disabled"],
	[`--gfp GFP_ATOMIC --rt --interrupt softirq ${ZONE}`, "--rt contradicts --interrupt softirq"],
	[`--gfp GFP_KERNAL ${ZONE}`, "did you mean GFP_KERNEL?"],
	[`--gfp __GFP_ATOMIC ${ZONE}`, "gfp flag __GFP_ATOMIC does not exist in kernel"],
	[`--gfp 0x200 ${ZONE}`, "--gfp 0x200 has bits that v6.12.117 does not define: 0x200"],
	[`--gfp GFP_KERNEL --scope NORECLAIM ${ZONE}`, "PF_MEMALLOC_NORECLAIM does not exist in v6.12.117"],
	[`--gfp GFP_KERNEL --scope NOFSS ${ZONE}`, "did you mean NOFS?"],
	[`--gfp GFP_KERNEL --order 53 ${ZONE}`, "--order 53 is not usable, expected a whole number from 0 to 52"],
	[`--gfp GFP_KERNEL --order -1 ${ZONE}`, "--order -1 is not usable"],
	[`--gfp GFP_KERNEL --order two ${ZONE}`, "--order two is not usable"],
	["--gfp GFP_KERNEL --zone free=x,min=1", "--zone free=x is no number of pages"],
	["--gfp GFP_KERNEL --zone free=-1,min=1", "--zone free=-1 is no number of pages"],
	["--gfp GFP_KERNEL --zone fre=1,min=1", "did you mean free?"],
	["--gfp GFP_KERNEL --zone free=1", "--zone needs min="],
	["--gfp GFP_KERNEL --zone free=1,free=2,min=1", "--zone says free twice"],
	["--gfp GFP_KERNEL --zone free", "has no value"],
	["--gfp GFP_KERNEL --zone free=1,min=9,low=3", "do not ascend"],
	["--gfp GFP_KERNEL --zone free=1,min=1,name=Nrmal", "did you mean Normal?"],
	["--gfp GFP_KERNEL --zone free=1,min=1,largest=11", "largest=11 is no order"],
	["--gfp GFP_KERNEL --zone free=1,min=1 --zone free=1,min=1", "is given twice"],
	[`--gfp GFP_KERNEL --node 1 ${ZONE}`, "--node 1 is not in this machine, expected one of 0"],
	[`--gfp GFP_KERNEL --profiles v6.11 ${ZONE}`, `--profiles "v6.11" names 1, expected two`],
	[`--gfp GFP_KERNEL --profiles v6.11,v6.11 ${ZONE}`, "twice, expected two different ones"],
	[`--gfp GFP_KERNEL --profile v6.13 ${ZONE}`, `unknown kernel "v6.13"`],
	[`--designs pre-revrt,post-revert ${ZONE}`, `did you mean "pre-revert"?`],
	[`--gfp GFP_KERNEL --compaction skiped ${ZONE}`, "did you mean skipped?"],
	[`--gfp GFP_KERNEL --oom xyzzy ${ZONE}`, "expected kills, disabled, pending, locked"],
	[`--gfp GFP_KERNEL --exhaustion p2-bgu ${ZONE}`, "did you mean p2-bug?"],
	[`--gfp GFP_KERNEL --size int-mx ${ZONE}`, "did you mean int-max?"],
	[`--gfp GFP_KERNEL --rules p7,p9 ${ZONE}`, `unknown rule "p9"`],
	[`--gfp GFP_KERNEL|__GFP_MOVABLE|__GFP_RECLAIMABLE ${ZONE}`, "has both __GFP_MOVABLE and __GFP_RECLAIMABLE"],
	[`--gfp GFP_KERNEL --interrupt hardirqs ${ZONE}`, "did you mean hardirq?"],
])("unusable options end in one sentence: %j", async (args, sentence) => {
	const { code, out, err } = await why(args);
	expect([code, out]).toEqual([2, ""]);
	expect(err).toContain(sentence);
	expect(err.trimEnd().split("\n")).toHaveLength(1);
});

test("text is cut at blanks and bars, and long words anywhere", () => {
	expect(wrapText("a bb|ccc dddd", 6)).toEqual(["a bb|", "ccc", "dddd"]);
	expect(wrapText("abcdefgh", 3)).toEqual(["abc", "def", "gh"]);
	expect(wrapText("", 3)).toEqual([""]);
});
