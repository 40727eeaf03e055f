// Reads a kernel log of some MiB that is all junk but for one report in the middle, made chunk by chunk in memory:
//   node --conditions=@pagelab/source klog.bench.ts junk 1024
// or the committed logs from the wild over and over, which is the time per byte of reports:
//   node --conditions=@pagelab/source klog.bench.ts reports 64
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { KlogReader } from "../src/index.ts";

const [mode, mebibytes] = process.argv.slice(2);
const MIB = 1 << 20;
const total = Number(mebibytes) * MIB;

const fixture = (id: string): Uint8Array =>
	readFileSync(fileURLToPath(new URL(`../../../tools/fixtures/klog/${id}.log`, import.meta.url)));

/** Lines of syslog, some of the kernel and some not, by a generator of its own (Numerical Recipes' constants). */
function junkChunk(seed: number): Uint8Array {
	const words =
		"the session for user root opened closed connection from device eth0 link becomes ready audit apparmor systemd Started Stopped service unit reached mount volume memory process usb new high-speed speed number using xhci_hcd".split(
			" ",
		);
	let state = seed;
	const below = (limit: number): number => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state % limit;
	};
	const lines: string[] = [];
	for (let length = 0; length < MIB; length += (lines.at(-1)?.length ?? 0) + 1) {
		const tag =
			below(3) === 0
				? `kernel: [${below(1e6)}.${100_000 + below(900_000)}]`
				: `${words[below(words.length)]}[${below(9999)}]:`;
		const text = Array.from({ length: 6 + below(12) }, () => words[below(words.length)]).join(" ");
		lines.push(`Jan 28 19:58:${10 + below(50)} host ${tag} ${text}`);
	}
	return new TextEncoder().encode(`${lines.join("\n")}\n`);
}

/** Reads chunks until `bytes` are read, with one report in the middle. */
function read(chunks: readonly Uint8Array[], bytes: number, report: Uint8Array | null): number {
	const reader = new KlogReader();
	let events = 0;
	let done = 0;
	for (let i = 0; done < bytes; i++) {
		const chunk = chunks[i % chunks.length] as Uint8Array;
		const before = done;
		done += chunk.length;
		events += reader.push(chunk).length;
		if (report !== null && before < bytes / 2 && done >= bytes / 2) events += reader.push(report).length;
	}
	return events + reader.end().length;
}

function measure(
	chunks: readonly Uint8Array[],
	report: Uint8Array | null,
): { rate: number; events: number; grown: number } {
	read(chunks, 64 * MIB, report);
	const memory = process.resourceUsage().maxRSS;
	const start = process.cpuUsage();
	const events = read(chunks, total, report);
	const { user, system } = process.cpuUsage(start);
	return { rate: total / (user + system), events, grown: (process.resourceUsage().maxRSS - memory) / 1024 };
}

const chunks =
	mode === "junk"
		? Array.from({ length: 8 }, (_, i) => junkChunk(i + 1))
		: ["001", "033", "054", "066", "097", "118", "128"].map(fixture);
const { rate, events, grown } = measure(chunks, mode === "junk" ? fixture("097") : null);
if (mode === "junk" && events !== 1) throw new Error(`one report is in the junk, ${events} were read`);
console.log(JSON.stringify({ name: mode === "junk" ? "junk around one report" : "reports only", value: rate }));
if (mode === "junk") console.log(JSON.stringify({ name: "memory growth over the junk", value: Math.max(0, grown) }));
