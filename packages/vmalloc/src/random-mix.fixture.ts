import { invariant, type KernelId } from "@pagelab/base";
import { GFP, GFP_ATOMIC, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT } from "@pagelab/gfp";
import { PREEMPT } from "@pagelab/memalloc";
import fc from "fast-check";
import { vmalloc, vmallocHuge } from "./entry-points.ts";
import { kvmalloc } from "./kvmalloc.ts";
import { kvrealloc } from "./kvrealloc.ts";
import { findVmallocRules } from "./rules/vmalloc-rules.ts";
import { kvfree, runPendingWork, vfreeAtomic } from "./vfree.ts";
import { isVmallocAddr } from "./vmalloc-address.ts";
import { VmallocMachine } from "./vmalloc-machine.fixture.ts";
import type { VmallocResult } from "./vmalloc-result.ts";

const MASKS = [
	GFP_KERNEL,
	GFP_NOFS,
	GFP_NOIO,
	GFP_NOWAIT,
	GFP_ATOMIC,
	GFP_KERNEL | GFP.NORETRY,
	GFP_KERNEL | GFP.RETRY_MAYFAIL,
	GFP_KERNEL | GFP.NOWARN,
] as const;

type Operation =
	| { readonly op: "vmalloc" | "vmallocHuge" | "kvmalloc"; readonly size: number; readonly gfp: number }
	| { readonly op: "kvrealloc"; readonly pick: number; readonly size: number; readonly gfp: number }
	| { readonly op: "free" | "free later"; readonly pick: number }
	| { readonly op: "work" | "purge" };

const anySize = fc.oneof(
	fc.integer({ min: 0, max: 9000 }),
	fc.integer({ min: 1, max: 2 ** 18 }),
	fc.constantFrom(2 ** 21, 2 ** 22, 2 ** 21 + 1, 2 ** 23),
);
/** Without NOFAIL, which may loop for ever: each call ends. */
const anyMask = fc.constantFrom(...MASKS);
const operation: fc.Arbitrary<Operation> = fc.oneof(
	{
		weight: 4,
		arbitrary: fc.record({
			op: fc.constantFrom("vmalloc", "vmallocHuge", "kvmalloc", "kvmalloc"),
			size: anySize,
			gfp: anyMask,
		}),
	},
	{ weight: 1, arbitrary: fc.record({ op: fc.constant("kvrealloc"), pick: fc.nat(), size: anySize, gfp: anyMask }) },
	{ weight: 4, arbitrary: fc.record({ op: fc.constantFrom("free", "free later"), pick: fc.nat() }) },
	{ weight: 1, arbitrary: fc.record({ op: fc.constantFrom("work", "purge") }) },
);

/** A machine and what is done on it; each run leaves some features off. */
const mix = fc.record({
	rule: fc.constantFrom("A", "B", "C", "D"),
	kernel: fc.constantFrom<KernelId>("v6.11", "v6.12.0", "v6.12.117"),
	free: fc.integer({ min: 200, max: 6000 }),
	largest: fc.constantFrom(0, 0, 3, 9, 10),
	spacePages: fc.constantFrom(300, 3000, 2 ** 33),
	atomic: fc.boolean(),
	killed: fc.boolean(),
	operations: fc.array(operation, { maxLength: 40 }),
});

/** An allocation in use. */
interface Held {
	readonly address: number;
	readonly size: number;
}

/** Runs one mix: after each operation everything is recounted, and at the end all memory but the page tables is back. */
class Mix {
	readonly m: VmallocMachine;
	#held: Held[] = [];

	constructor(m: VmallocMachine) {
		this.m = m;
	}

	run(op: Operation): void {
		const { m } = this;
		switch (op.op) {
			case "vmalloc":
				this.#keep(m.run((v, c, t) => vmalloc(v, op, c, t)).result, op.size);
				break;
			case "vmallocHuge":
				this.#keep(m.run((v, c, t) => vmallocHuge(v, op, c, t)).result, op.size);
				break;
			case "kvmalloc":
				this.#keep(m.run((v, c, t) => kvmalloc(v, op, c, t)).result, op.size);
				break;
			case "kvrealloc":
				this.#realloc(op);
				break;
			case "free":
			case "free later":
				this.#free(op.pick, op.op === "free later");
				break;
			case "work":
				m.drive(runPendingWork(m.v, { ...m.context, preemptCount: 0 }));
				break;
			case "purge":
				m.drive(m.v.space.purge({ trace: undefined }));
		}
		this.#check();
	}

	end(): void {
		const { m } = this;
		while (this.#held.length > 0) this.#free(0, false);
		m.drive(runPendingWork(m.v, { ...m.context, preemptCount: 0 }));
		this.#check();
		invariant(m.v.areas.size + m.v.pages.data + m.objects.largePages === 0, "something was not given back");
		m.drive(m.v.space.purge({ trace: undefined }));
		this.#check();
	}

	#check(): void {
		const { m } = this;
		m.otherObjects = this.#held.filter(
			({ address, size }) => !isVmallocAddr(address) && size > 0 && size <= 8192,
		).length;
		m.validate();
		invariant(m.task.flags === 0, "a scope was left open");
		const addresses = this.#held.filter(({ size }) => size > 0).map(({ address }) => address);
		invariant(new Set(addresses).size === addresses.length, "two allocations have one address");
	}

	#keep(result: VmallocResult | undefined, size: number): void {
		invariant(result !== undefined, "a call does not end");
		if (result.refusal !== undefined) return;
		this.#held.push({ address: result.address, size });
	}

	#realloc({ pick, size, gfp }: Extract<Operation, { op: "kvrealloc" }>): void {
		const { m } = this;
		const [old = { address: 0, size: 0 }] = this.#held.splice(pick % Math.max(1, this.#held.length), 1);
		const { address, size: oldSize } = old;
		const { result } = m.run((v, c, t) => kvrealloc(v, { address, oldSize, size, gfp }, c, t));
		invariant(result !== undefined, "a call does not end");
		const isFreed = size === 0 && m.v.env.profile.kvrealloc.value === "size";
		if (result.refusal === undefined && !(isFreed && result.address === 16)) {
			// What stays in place keeps its size for the next ksize().
			const kept = result.address === address ? oldSize : size;
			this.#held.push({ address: result.address, size: kept });
		} else if (!isFreed && address !== 0) {
			this.#held.push(old);
		}
	}

	#free(pick: number, later: boolean): void {
		const { m } = this;
		const [old] = this.#held.splice(pick % Math.max(1, this.#held.length), 1);
		if (old === undefined) return;
		if (later && isVmallocAddr(old.address)) vfreeAtomic(m.v, old.address, m.context);
		else kvfree(m.v, old.address, m.context);
	}
}

/** Random mixes; the seed of a failure is shown by fast-check. */
export function expectAccounted(runs: number): void {
	fc.assert(
		fc.property(mix, ({ operations, atomic, killed, largest, rule, spacePages, ...options }) => {
			const m = new VmallocMachine({
				...options,
				rules: findVmallocRules(rule),
				zone: { largest },
				// Requests fail instead of looping until somebody frees.
				assumptions: { oom: "disabled" },
				context: {
					preemptCount: atomic ? PREEMPT.DISABLE_OFFSET : 0,
					...(killed ? { process: { killPending: true } } : {}),
				},
				env: { spacePages, debugAtomicSleep: atomic },
			});
			const run = new Mix(m);
			for (const op of operations) run.run(op);
			run.end();
		}),
		{ numRuns: runs },
	);
}
