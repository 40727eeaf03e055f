/**
 * Memory of a machine. Arguments: GiB, and `touched` to use every page once. Prints boot time, resident memory and, where
 * touched, bytes per frame, beyond what Node itself needs.
 */
import { GFP_HIGHUSER_MOVABLE } from "@pagelab/gfp";
import { bootMachine, MACHINE_PRESETS, restoreTrusted, takeFrame } from "@pagelab/page-model";

const [gib = "1024", mode = "boot"] = process.argv.slice(2);
const memoryPages = Number(gib) * 262_144;

const boot = (pages: number) =>
	restoreTrusted(
		bootMachine({ memoryPages: pages, nodes: 1, cpus: 4, layout: "one-zone", thp: false }, "v6.12.117"),
		"v6.12.117",
	);

/** Resident bytes now. */
const rss = (): number => process.memoryUsage.rss();

boot(MACHINE_PRESETS["64m-one-zone"]?.memoryPages ?? 16_384);
const before = rss();
const usage = process.cpuUsage();
const machine = boot(memoryPages);
const { user, system } = process.cpuUsage(usage);
console.log(JSON.stringify({ name: `boot ${gib} GiB`, value: (user + system) / 1000 }));
console.log(JSON.stringify({ name: `RSS of ${gib} GiB booted`, value: rss() / 1e6 }));
if (mode === "touched") {
	let n = 0;
	while (takeFrame(machine, GFP_HIGHUSER_MOVABLE, 0, 0) >= 0) n++;
	console.log(JSON.stringify({ name: `bytes per frame, ${gib} GiB`, value: (rss() - before) / n }));
	console.log(JSON.stringify({ name: `RSS of ${gib} GiB touched`, value: rss() / 1e9 }));
}
