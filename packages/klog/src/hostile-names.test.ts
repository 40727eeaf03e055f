import { expect, test } from "vitest";
import { type OomEvent, readKlog } from "./index.ts";
import { arbitraryReport, ERAS } from "./testing/arbitrary-report.fixture.ts";
import { DRESSES, dressLog } from "./testing/dress-log.fixture.ts";
import { expectModel, readOom } from "./testing/expect-report.fixture.ts";
import { printReport } from "./testing/print-report.fixture.ts";
import fc from "fast-check";

/** Names of up to fifteen bytes that look like something else. */
const NAMES: readonly string[] = [
	"</script>",
	"<img src=x>",
	"\u001b[31mred\u001b[0m",
	"\u001b[2J\u001b[H",
	"a b c",
	"a,pid=1,uid=0",
	"a,b,c",
	"x) total-vm:9kB",
	"a) (b",
	"((sd-pam))",
	"[1]",
	"[ 12.345678]",
	"[T12]",
	"[    1]",
	"<0>a",
	"531",
	"0",
	"-1000",
	"1 2 3 4 5 6 7 8",
	"kernel",
	"kernel:",
	"CPU: 1 PID: 2",
	"Not tainted 5.1",
	"Tainted: G",
	"cpuset=/ x",
	"oom-kill:x",
	"Killed process",
	"Mem-Info:",
	"order=3",
	"name",
	"__proto__",
	"constructor",
	"émigré",
	"日本語",
	"%s%n%x",
	"a\tb",
	"{}",
	"null",
];

const stamped = DRESSES.filter(({ name }) => name === "printk time stamp");
const base = fc.sample(arbitraryReport, { numRuns: 40, seed: 7 });

for (const name of NAMES) {
	test(`a process named ${JSON.stringify(name)} is read right everywhere`, () => {
		for (const era of ERAS) {
			const model = base.find((candidate) => candidate.era === era);
			if (model === undefined) throw new Error(`no sample of ${era}`);
			const tasks = model.tasks.map((task) => ({ ...task, name }));
			const hostile = { ...model, comm: name, tasks, victim: { ...model.victim, name } };
			for (const dress of stamped) expectModel(readOom(dressLog(dress, printReport(hostile))), hostile);
		}
	});
}

test("names of other reports", () => {
	for (const name of NAMES) {
		const log = [
			`[    1.000000] ${name}: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL), nodemask=(null),cpuset=/,mems_allowed=0`,
			`[    2.000000] ${name}: vmalloc error: size 4096, vm_struct allocation failed, mode:0xcc0(GFP_KERNEL), nodemask=(null)`,
			`[    3.000000] oom_reaper: reaped process 7 (${name}), now anon-rss:1kB, file-rss:2kB, shmem-rss:3kB`,
			`[    4.000000] oom_reaper: unable to reap pid:8 (${name})`,
		].join("\n");
		const events = readKlog(log);
		expect(events.map(({ kind }) => kind)).toEqual(["page-allocation-failure", "vmalloc-failure", "oom"]);
		expect(events[0]).toMatchObject({ comm: name, order: 4, place: { cpuset: "/", mems_allowed: "0" } });
		expect(events[1]).toMatchObject({ comm: name, bytes: 4096, reason: "vm_struct allocation failed" });
		const { otherReaps } = events[2] as OomEvent;
		expect(otherReaps.map(({ pid, comm, reaped }) => [pid, comm, reaped])).toEqual([
			[7, name, true],
			[8, name, false],
		]);
	}
});

test("counters named like members of every object change nothing else", () => {
	const log = [
		"[    1.000000] Mem-Info:",
		"[    1.000001] Node 0 DMA free:4kB min:1kB low:2kB high:3kB __proto__:7kB constructor:8kB",
		"[    1.000002] lowmem_reserve[]: 0 0",
	].join("\n");
	const [event] = readKlog(log);
	expect(event?.kind).toBe("memory-report");
	expect(({} as Record<string, unknown>)["free"]).toBeUndefined();
	expect(JSON.parse(JSON.stringify(event))).toMatchObject({
		memInfo: { zones: [{ counters: { free: 4, constructor: 8 } }] },
	});
});
