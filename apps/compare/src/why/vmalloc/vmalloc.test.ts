import { describe, expect, test } from "vitest";
import { type Ran, runCommand } from "../../commands/run-command.fixture.ts";

/** Options as one text, separated by blanks. */
const why = (options: string): Promise<Ran> => runCommand("why", ...options.split(" "));

/** The table of the one rule that was asked for: from its head to its result. */
async function tableOf(options: string): Promise<string> {
	const { code, out, err } = await why(options);
	expect(err).toBe("");
	expect(code).toBe(0);
	return /^who sees[^]*?^result.*$/m.exec(out)?.[0] ?? out;
}

// Worked out by hand from vmalloc-2025.md §2, §3, §5 and slowpath.md §12, §13, with the bits of gfp.md: the caller's mask keeps
// its reclaim bits for objects (kzalloc and the page array add ZERO 0x100), pages get HIGHMEM 0x2 and NOWARN 0x2000, page tables
// are 0xdc0 whatever the caller says and the scope of §2 narrows them. Free memory lies in single pages.
const VMALLOC_AB = `\
who sees            KERNEL    NOFS      NOIO      NOWAIT    ATOMIC    NOFAIL
vmalloc's caller    0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
vm_struct           0xdc0     0xd40     0xd00     0x2900    0x920     0x8dc0
vmap_area           0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
vmap_area preload   0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
page array          0xdc0     0xd40     0xd00     0x2900    0x920     0x8dc0
pages (bulk)        0x2cc2    0x2c42    0x2c02    0x2802    0x2822    0xacc2
page table          0xdc0     0xdc0     0xdc0     0xdc0     0xdc0     0xdc0
  counts as         0xdc0     0xd40     0xd00     0xd00     0xd00     0xdc0
  in the scope                NOFS      NOIO      NOIO      NOIO
result              area      area      area      area      area      area`;

// In C and D large orders come first, without DIRECT_RECLAIM 0x400 and NOFAIL 0x8000, and find nothing; a mask that cannot
// block has its page tables under PF_MEMALLOC, which narrows no mask.
const VMALLOC_CD = `\
who sees            KERNEL    NOFS      NOIO      NOWAIT    ATOMIC    NOFAIL
vmalloc's caller    0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
vm_struct           0xdc0     0xd40     0xd00     0x2900    0x920     0x8dc0
vmap_area           0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
vmap_area preload   0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
page array          0xdc0     0xd40     0xd00     0x2900    0x920     0x8dc0
pages (large)       0x28c2 !  0x2842 !  0x2802 !  0x2802 !  0x2822 !  0x28c2 !
pages (bulk)        0x2cc2    0x2c42    0x2c02    0x2802    0x2822    0xacc2
page table          0xdc0     0xdc0     0xdc0     0xdc0     0xdc0     0xdc0
  counts as         0xdc0     0xd40     0xd00     0xdc0     0xdc0     0xdc0
  in the scope                NOFS      NOIO      MEMALLOC  MEMALLOC
result              area      area      area      area      area      area`;

// The page array of 4 MiB has 8192 bytes: a vmalloc of its own, of two pages, with the mask of the array.
const kvmallocAB = (leg: string): string => `\
who sees            KERNEL    NOFS      NOIO      NOWAIT    ATOMIC    NOFAIL
kvmalloc's caller   0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
${leg}
vm_struct           0xdc0     0xd40     0xd00     -         -         0x8dc0
vmap_area           0xcc0     0xc40     0xc00     -         -         0x8cc0
vmap_area preload   0xcc0     0xc40     0xc00     -         -         0x8cc0
> vm_struct         0xdc0     0xd40     0xd00     -         -         0x8dc0
> vmap_area         0xcc0     0xc40     0xc00     -         -         0x8cc0
> page array        0xdc0     0xd40     0xd00     -         -         0x8dc0
> pages (bulk)      0x2dc2    0x2d42    0x2d02    -         -         0xadc2
> page table        0xdc0     0xdc0     0xdc0     -         -         0xdc0
  counts as         0xdc0     0xd40     0xd00                         0xdc0
  in the scope                NOFS      NOIO
pages (huge)        0x2cc2 !  0x2c42 !  0x2c02 !  -         -         0x2cc2 !
pages (bulk)        0x2cc2    0x2c42    0x2c02    -         -         0xacc2
page table          0xdc0     0xdc0     0xdc0     -         -         0xdc0
  counts as         0xdc0     0xd40     0xd00                         0xdc0
  in the scope                NOFS      NOIO
result              area      area      area      NULL      NULL      area`;

// K1: +NOWARN +NORETRY 0x10000 −NOFAIL in A, +NOWARN −DIRECT_RECLAIM −NOFAIL since B.
const LEG_A = "kmalloc leg         0x12cc0 ! 0x12c40 ! 0x12c00 ! 0x12800 ! 0x12820 ! 0x12cc0 !";
const LEG_B = "kmalloc leg         0x28c0 !  0x2840 !  0x2800 !  0x2800 !  0x2820 !  0x28c0 !";

const KVMALLOC_CD = `\
who sees            KERNEL    NOFS      NOIO      NOWAIT    ATOMIC    NOFAIL
kvmalloc's caller   0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
${LEG_B}
vm_struct           0xdc0     0xd40     0xd00     0x2900    0x920     0x8dc0
vmap_area           0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
vmap_area preload   0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
> vm_struct         0xdc0     0xd40     0xd00     0x2900    0x920     0x8dc0
> vmap_area         0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
> page array        0xdc0     0xd40     0xd00     0x2900    0x920     0x8dc0
> pages (large)     0x29c2 !  0x2942 !  0x2902 !  0x2902 !  0x2922 !  0x29c2 !
> pages (bulk)      0x2dc2    0x2d42    0x2d02    0x2902    0x2922    0xadc2
> page table        0xdc0     0xdc0     0xdc0     0xdc0     0xdc0     0xdc0
  counts as         0xdc0     0xd40     0xd00     0xdc0     0xdc0     0xdc0
  in the scope                NOFS      NOIO      MEMALLOC  MEMALLOC
pages (huge)        0x2cc2 !  0x2c42 !  0x2c02 !  -         -         0x2cc2 !
pages (large)       0x28c2 !  0x2842 !  0x2802 !  0x2802 !  0x2822 !  0x28c2 !
pages (bulk)        0x2cc2    0x2c42    0x2c02    0x2802    0x2822    0xacc2
page table          0xdc0     0xdc0     0xdc0     0xdc0     0xdc0     0xdc0
  counts as         0xdc0     0xd40     0xd00     0xdc0     0xdc0     0xdc0
  in the scope                NOFS      NOIO      MEMALLOC  MEMALLOC
result              area      area      area      area      area      area`;

describe("who sees which mask", () => {
	test.each([
		["A", VMALLOC_AB],
		["B", VMALLOC_AB],
		["C", VMALLOC_CD],
		["D", VMALLOC_CD],
	])("in vmalloc(256K) by rule %s", async (rules, expected) => {
		expect(await tableOf(`--vmalloc 256K --vmalloc-rules ${rules}`)).toBe(expected);
	});

	test.each([
		["6.12", kvmallocAB(LEG_A)],
		["6.16", kvmallocAB(LEG_B)],
		["6.19", KVMALLOC_CD],
		["7.1", KVMALLOC_CD],
	])("in kvmalloc(4M) by the rule of %s", async (rules, expected) => {
		expect(await tableOf(`--kvmalloc 4M --vmalloc-rules ${rules}`)).toBe(expected);
	});

	// PF_MEMALLOC_NORECLAIM of 6.11 clears DIRECT_RECLAIM first and leaves IO and FS alone (memalloc-scopes.md §3). Not what
	// memalloc_noreclaim_save() sets: that is PF_MEMALLOC, with all reserves.
	test("in vmalloc(256K) in a NORECLAIM scope of 6.11", async () => {
		const table = await tableOf("--vmalloc 256K --vmalloc-rules A --profile v6.11 --scope NORECLAIM");
		expect(table).toBe(`\
who sees            KERNEL    NOFS      NOIO      NOWAIT    ATOMIC    NOFAIL
vmalloc's caller    0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
vm_struct           0xdc0     0xd40     0xd00     0x2900    0x920     0x8dc0
  counts as         0x9c0     0x940     0x900     0x2900    0x920     0x89c0
vmap_area           0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
  counts as         0x8c0     0x840     0x800     0x2800    0x820     0x88c0
vmap_area preload   0xcc0     0xc40     0xc00     0x2800    0x820     0x8cc0
  counts as         0x8c0     0x840     0x800     0x2800    0x820     0x88c0
page array          0xdc0     0xd40     0xd00     0x2900    0x920     0x8dc0
  counts as         0x9c0     0x940     0x900     0x2900    0x920     0x89c0
pages (bulk)        0x2cc2    0x2c42    0x2c02    0x2802    0x2822    0x2cc2
  counts as         0x28c2    0x2842    0x2802    0x2802    0x2822    0x28c2
page table          0xdc0     0xdc0     0xdc0     0xdc0     0xdc0     0xdc0
  counts as         0x9c0     0x9c0     0x9c0     0x9c0     0x9c0     0x9c0
  in the scope                NOFS      NOIO      NOIO      NOIO
result              area      area      area      area      area      area`);
	});
});

const ZONE = "min=1000,low=1250,high=1500,largest=0";

describe("one mask in detail", () => {
	test("NOWAIT on a fragmented zone: NULL before, page tables from the reserves after", async () => {
		const { out } = await why("--kvmalloc 256K --gfp GFP_NOWAIT --vmalloc-rules A,C");
		const [before = "", after = ""] = out.split("Rule C ");
		expect(before).toContain("kmalloc leg         6     0x12800   0x12800                0 of 1\n");
		expect(before).toContain("Result: NULL: the mask may not block, so it does not go on to vmalloc.\n");
		expect(after).toContain("pages (bulk)        0     0x2802    0x2802                 64\n");
		expect(after).toContain("page table          0     0xdc0     0xdc0     MEMALLOC     2 (2x)\n");
		expect(after).toContain("Result: an area of vmalloc, with 2 new pages of page tables.\n");
		expect(after).toContain("0xdc0    GFP_KERNEL|__GFP_ZERO\n");
		expect(after.replaceAll(/\n +/g, " ")).toContain("memalloc_noreclaim_save() sets it, whose name suggests");
	});

	test("the message of too few pages names what was obtained, and in D what was asked for (vector 10)", async () => {
		const options = `--kvmalloc 64K --gfp GFP_ATOMIC --zone free=390,${ZONE} --vmalloc-rules`;
		expect((await why(`${options} C`)).out).toContain(`- prints "vmalloc error: size 61440, failed to allocate pages"`);
		expect((await why(`${options} D`)).out).toContain(`- prints "vmalloc error: size 65536, failed to allocate pages"`);
		expect((await why(`${options} A`)).out).not.toContain("prints");
	});

	test("a mask is filtered by __vmalloc of C, not by kvmalloc", async () => {
		const filtered = "warns once: unexpected bits in the mask, which are dropped";
		const options = "64K --gfp GFP_KERNEL|__GFP_RETRY_MAYFAIL --vmalloc-rules";
		expect((await why(`--vmalloc ${options} C`)).out).toContain(filtered);
		expect((await why(`--vmalloc ${options} D`)).out).not.toContain(filtered);
		expect((await why(`--kvmalloc ${options} C`)).out).not.toContain(filtered);
	});

	test("what does not come back says so", async () => {
		const zone = `--zone free=1016,${ZONE}`;
		const nofs = await why(`--vmalloc 64K --gfp GFP_NOFS --vmalloc-rules A ${zone}`);
		expect(nofs.out).toContain("page table          0     0xdc0     0xd40     NOFS         no end\n");
		expect(nofs.out).toContain("Result: no end: it goes on until others free memory.\n");
		const bug = await why(`--vmalloc 64K --gfp GFP_ATOMIC --interrupt bh-disabled --vmalloc-rules C ${zone}`);
		expect(bug.out).toContain("- BUG()\nResult: the task does not come back.\n");
	});
});

// vmalloc-2025.md §10, vectors 11 to 13: 16 data pages are there, and the table page is the one too many. In A
// NOWAIT and ATOMIC have it allocated as GFP_NOIO, which waits (§5, outcome per mask class).
test.each([
	["A", "0xdc0     0xdc0 ?   0xdc0 ?   0xdc0 ?   0xdc0 ?", "area      loops     loops     loops     loops     area"],
	["C", "0xdc0     0xdc0 ?   0xdc0 ?   0xdc0     0xdc0 ", "area      loops     loops     area      area      area"],
])("with too little memory for the page table, by rule %s", async (rules, tables, results) => {
	const options = `--vmalloc 64K --oom-frees 40 --vmalloc-rules ${rules} --zone free=1016,${ZONE}`;
	const table = await tableOf(options);
	expect(table).toContain(`page table          ${tables}`);
	expect(table).toContain(`result              ${results}`);
	// The empty LRU counts its free pages in 6.12.117: the kill comes in round 17.
	expect((await why(options)).out).toContain("- KERNEL, NOFAIL: direct reclaims: 17\n- KERNEL, NOFAIL: OOM kills: 1\n");
});

test("sizes beyond all limits are refused for all masks, each with its reason", async () => {
	const { out } = await why("--kvmalloc 2G --vmalloc-rules A");
	expect(out).toContain("result              NULL      NULL      NULL      NULL      NULL      NULL\n");
	expect(out).toContain("- KERNEL, NOFS, NOIO, NOFAIL: NULL: more than INT_MAX bytes\n");
	expect(out).toContain("- KERNEL, NOFS, NOIO, NOFAIL: warns once: more than INT_MAX bytes\n");
	const total = await why(`--vmalloc 3G --vmalloc-rules A --zone free=2000,${ZONE}`);
	expect(total.out.replaceAll(/\n +/g, " ")).toContain(
		`- KERNEL, NOFS, NOIO, ATOMIC, NOFAIL: prints "vmalloc error: size 3221225472, exceeds total pages"`,
	);
	expect((await why("--vmalloc 0 --vmalloc-rules A")).out).toContain("warns once: vmalloc of no bytes");
	expect((await why("--kvmalloc 0 --vmalloc-rules A")).out).toContain("result              object    object");
});

test("a machine that was named is used: whole blocks serve the kmalloc leg", async () => {
	const { out } = await why("--kvmalloc 64K --state 256M --vmalloc-rules A,D");
	expect(out).toContain("Machine: 256M, just booted.\n");
	expect(out.match(/^result +object +object +object +object +object +object$/gm)).toHaveLength(2);
});

test("--json has each allocation with the mask passed, the one that counts, and the task's flags", async () => {
	const { out } = await why("--vmalloc 256K --gfp GFP_NOFS --vmalloc-rules A --json");
	const json = JSON.parse(out);
	expect(json).toMatchObject({ format: "pagelab-why-vmalloc-1", call: "vmalloc", size: 262_144, taskFlags: "0" });
	expect(json.rules.map((rule: { id: string }) => rule.id)).toEqual(["A"]);
	const [call] = json.rules[0].calls;
	expect(call).toMatchObject({ mask: "GFP_NOFS", gfp: "0xc40", end: "area", refusal: null, messages: [] });
	expect(call.allocations.at(-1)).toEqual({
		who: "page table",
		depth: 0,
		gfp: "0xdc0",
		gfpNames: "GFP_KERNEL|__GFP_ZERO",
		scopedGfp: "0xd40",
		taskFlags: "PF_MEMALLOC_NOFS",
		order: 0,
		calls: 2,
		wanted: 2,
		got: 2,
	});
});

test("every line fits 80 columns", async () => {
	const questions = [
		"--kvmalloc 4M",
		"--vmalloc 1025M --vmalloc-rules D --gfp GFP_NOFS",
		`--vmalloc 64K --zone free=1015,${ZONE} --exhaustion p4 --size int-max`,
		"--kvmalloc 4M --gfp GFP_KERNEL|__GFP_NORETRY|__GFP_ACCOUNT|__GFP_NOMEMALLOC --profile v6.11 --scope NORECLAIM|NOWARN",
	];
	for (const question of questions) {
		const { out } = await why(question);
		expect(out.length).toBeGreaterThan(100);
		for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
	}
});

test.each([
	["--vmalloc 25x", `--vmalloc "25x" is no size, expected bytes, or a number with K, M, G or T`],
	["--kvmalloc -5", `--kvmalloc "-5" is no size`],
	["--kvmalloc 4097T", `--kvmalloc "4097T" is no size`],
	["--vmalloc 1 --kvmalloc 1", "--vmalloc and --kvmalloc exclude each other"],
	["--vmalloc 1 --order 2", "--order 2 is for alloc_pages"],
	["--vmalloc 1 --profiles v6.11,v6.12.0", "--vmalloc and --profiles exclude each other"],
	["--kvmalloc 1 --rules p7", "--kvmalloc and --rules exclude each other"],
	["--vmalloc 1 --vmalloc-rules E", `unknown vmalloc rule "E", expected one of A`],
	["--vmalloc 1 --vmalloc-rules 7.2", `unknown vmalloc rule "7.2", did you mean 7.`],
	["--vmalloc 1 --vmalloc-rules 6.11,6.12", "names one rule twice"],
	[`--vmalloc-rules A --gfp GFP_KERNEL --zone free=1,${ZONE}`, "--vmalloc-rules says nothing of alloc_pages"],
	["--vmalloc 1 --scope NORECLAIM", "PF_MEMALLOC_NORECLAIM does not exist in v6.12.117"],
	["--vmalloc 1 --gfp GFP_KERNAL", "did you mean GFP_KERNEL?"],
	["--kvmalloc 1 --node 3", "--node 3 is not in this machine"],
	["--kvmalloc 1 --oom disabled --oom-frees 5", "--oom-frees contradicts --oom disabled"],
])("%s is refused in one sentence", async (options, sentence) => {
	const { code, out, err } = await why(options);
	expect(code).toBe(2);
	expect(out).toBe("");
	expect(err).toContain(sentence);
	expect(err.trimEnd().split("\n")).toHaveLength(1);
});
