/**
 * Memory of a machine. Arguments: GiB, and `touched` to use every page once. Prints boot time, resident memory and, where
 * touched, bytes per frame, beyond what Node itself needs.
 */
import { GFP_HIGHUSER_MOVABLE } from "@pagelab/gfp";
import { bootModel, MACHINE_PRESETS, type PageModel, takeFrame } from "@pagelab/page-model";

const [gib = "1024", mode = "boot"] = process.argv.slice(2);

const boot = (memoryPages: number): PageModel =>
	bootModel({ memoryPages, nodes: 1, cpus: 4, layout: "one-zone", thp: false }, "v6.12.117");

const print = (name: string, value: number): void => console.log(JSON.stringify({ name, value }));

/** Resident bytes now. */
const rss = (): number => process.memoryUsage.rss();

boot(MACHINE_PRESETS["64m-one-zone"]?.memoryPages ?? 16_384);
const before = rss();
const usage = process.cpuUsage();
const machine = boot(Number(gib) * 262_144);
const { user, system } = process.cpuUsage(usage);
print(`boot ${gib} GiB`, (user + system) / 1000);
print(`RSS of ${gib} GiB booted`, rss() / 1e6);
if (mode === "touched") {
	let n = 0;
	while (takeFrame(machine, GFP_HIGHUSER_MOVABLE, 0, 0) >= 0) n++;
	print(`bytes per frame, ${gib} GiB`, (rss() - before) / n);
	print(`RSS of ${gib} GiB touched`, rss() / 1e9);
}
