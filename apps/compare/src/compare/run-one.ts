import { type KernelId, InvariantError } from "@pagelab/base";
import type { Design, MM_EVENT } from "@pagelab/contracts";
import { Machine, type MachineTask, type TaskAccount } from "@pagelab/machine";
import type { MachineState, Zone } from "@pagelab/page-model";
import { EvictionQueue, type ReplayPlan } from "@pagelab/trace";
import { type FrameRange, InodeCreator, RecordedMemory, RecordingReplay, type ReplayCounts } from "@pagelab/workloads";
import type { ForegroundOptions } from "./compare-options.ts";
import { ReplayedOomHost } from "./replayed-oom-host.ts";

/** Virtual time of one step of work: a nominal microsecond, so that work and waiting have an order. No time is reported. */
const TICKS_PER_STEP = 1000;
const TICKS_PER_MS = 1_000_000;
const TICKS_PER_US = 1000;

/** Size of struct bch_inode_info and of the LSM blob, in bytes. Not recorded: plausible for 6.12, and the same for all. */
const INODE_BYTES = 1088;
const BLOB_BYTES = 96;

/** One run: one design under one seed. */
export interface RunInput {
	readonly plan: ReplayPlan;
	readonly initial: MachineState;
	readonly design: Design;
	readonly kernel: KernelId;
	readonly seed: number;
	/** Nanoseconds in which reclaim frees one page, see {@link reclaimNsPerPage}. */
	readonly reclaimNsPerPage: number;
	readonly foreground: ForegroundOptions;
	/** Virtual time at which the run is stopped; ten times the length of the recording if left out. */
	readonly limitNs?: number;
}

/** What one run showed. Foreground and background tasks are apart; kswapd has an account of its own. */
export interface RunResult {
	readonly foreground: readonly TaskAccount[];
	readonly background: readonly TaskAccount[];
	readonly kswapd: TaskAccount;
	/** What the OOM killer did, and the names of its victims in order. */
	readonly oom: TaskAccount;
	readonly oomVictims: readonly string[];
	readonly replay: ReplayCounts;
	readonly evictedPages: number;
	/** Free pages and those of the recording, together: equal unless somebody had not ended. */
	readonly pages: { readonly before: number; readonly after: number };
	/** Processes that did not get to their end, as sentences; empty if all did. */
	readonly unfinished: readonly string[];
}

const zonesOf = ({ nodes }: MachineState): FrameRange[] =>
	nodes.flatMap(({ zones }) =>
		zones.map(({ startPfn, spanned, idx }) => ({ startPfn, endPfn: startPfn + spanned, idx })),
	);

/** Pages that are free or hold something of the recording; reserved ones and those nobody recorded are left out. */
function pagesOf(machine: Machine, memory: RecordedMemory): number {
	const free = (zone: Zone): number =>
		zone.freePages + zone.pcps.reduce((sum, pcp) => sum + pcp.count + pcp.freePagesDiff, 0);
	return machine.model.zones.reduce((sum, zone) => sum + free(zone), memory.heldPages());
}

/** The recording may end later in the model than it did, when its tasks have to wait; but not for ever. */
const GRACE = 2;

/** Runs one design under one seed on a fresh machine. Same input, same result, to the byte. */
export function runOne(input: RunInput): RunResult {
	const { plan, initial, design, kernel, seed, foreground } = input;
	const zones = zonesOf(initial);
	const memory = new RecordedMemory(plan, zones);
	const order = new EvictionQueue(plan, { count: zones.length, groupOf: (lifetime) => memory.zoneOf(lifetime) });
	const oom = new ReplayedOomHost(initial);
	const machine = new Machine({
		state: initial,
		kernel,
		design,
		seed,
		memory,
		oomKiller: (scheduler) => oom.createKiller(scheduler, kernel),
		ticksPerStep: TICKS_PER_STEP,
		ticksPerReclaimedPage: input.reclaimNsPerPage,
	});
	const recorded = plan.tasks.map((t) => machine.createKernel(t.comm, t.pid));
	const [first] = recorded;
	if (first !== undefined) memory.attach(order, (pfn, blockOrder) => first.api.freePages(pfn, blockOrder));
	const replay = new RecordingReplay(
		{ ops: plan, order },
		memory,
		recorded.map((t) => t.api),
	);
	oom.attach(replay, recorded);
	const before = pagesOf(machine, memory);
	const clock = (): number => machine.scheduler.now;
	machine.spawn("replay", 0, (api) => replay.run(clock, (ticks) => api.sleep(ticks)), false);
	const tasks = spawnForeground(machine, design, foreground, clock);
	const length = plan.timeNs.final - plan.timeNs.initial;
	const end = runToEnd(machine, input.limitNs ?? length * GRACE, oom);
	const finished = end === "finished";
	const after = pagesOf(machine, memory);
	const problems = oom.panicked === undefined ? contradictions(machine, memory, oom) : [];
	// Whoever has ended holds nothing, so what is not free belongs to the recording.
	if (finished && after !== before) problems.push(`${before - after} pages are neither free nor of the recording`);
	if (problems[0] !== undefined) throw new InvariantError(`${design.id}, seed ${seed}: ${problems[0]}`);
	return {
		foreground: tasks.map((t) => t.account),
		background: recorded.map((t) => t.account),
		kswapd: machine.kswapd,
		oom: oom.account,
		oomVictims: oom.victims,
		replay: replay.counts,
		evictedPages: memory.evictedPages,
		pages: { before, after },
		unfinished: finished ? [] : [`the run ended as "${end}"`],
	};
}

/** One sentence per contradiction. Not for a machine that has panicked: it stopped in the middle of something. */
function contradictions(machine: Machine, memory: RecordedMemory, oom: ReplayedOomHost): string[] {
	oom.validate();
	return [...machine.validate(), ...memory.validate()];
}

/** How the run ended: `finished`, or what stopped it. */
function runToEnd(machine: Machine, until: number, oom: ReplayedOomHost): string {
	try {
		return machine.run(until).end;
	} catch (error) {
		if (oom.panicked === undefined) throw error;
		return `kernel panic: ${oom.panicked}`;
	}
}

function spawnForeground(
	machine: Machine,
	design: Design,
	options: ForegroundOptions,
	clock: () => number,
): MachineTask[] {
	const lock = machine.createLock("btree");
	return Array.from({ length: options.tasks }, (_, i) =>
		machine.spawn(
			`creator`,
			10_000 + i,
			function* (api) {
				yield* api.sleep(options.fromMs * TICKS_PER_MS);
				const creator = new InodeCreator(api, {
					caller: design.caller,
					lock,
					inodesPerOp: options.inodesPerOp,
					inodeBytes: INODE_BYTES,
					blobBytes: BLOB_BYTES,
					pauseTicksMin: Math.floor((options.pauseUs * TICKS_PER_US) / 4),
					pauseTicksMax: options.pauseUs * TICKS_PER_US,
					untilTicks: options.untilMs * TICKS_PER_MS,
				});
				yield* creator.run(clock);
			},
			false,
		),
	);
}

/** Sum of an event over accounts. */
export const sumEvents = (accounts: readonly TaskAccount[], event: (typeof MM_EVENT)[keyof typeof MM_EVENT]): number =>
	accounts.reduce((sum, account) => sum + (account.events[event] ?? 0), 0);
