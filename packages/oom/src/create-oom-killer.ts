import { DEFAULT_KERNEL, InputError, PAGE_SIZE } from "@pagelab/base";
import type { EventSink, OomPolicy } from "@pagelab/contracts";
import type { Scheduler } from "@pagelab/sim";
import { DEFAULT_OOM_SYSCTLS, type OomSysctls } from "./oom-environment.ts";
import type { OomHost } from "./oom-host.ts";
import { KernelOomKiller } from "./oom-killer.ts";
import type { OomRecord } from "./oom-record.ts";
import { OomVictims } from "./oom-victims.ts";
import { kernel6 } from "./policies/kernel-6.ts";
import { type OomProfile, oomProfile } from "./profile.ts";

/** Options of {@link createOomKiller}. */
export interface OomKillerOptions {
	/** Clock, locks and processes of the machine; the reaper runs on it as a daemon. */
	readonly scheduler: Scheduler;
	readonly host: OomHost;
	/** Whom to kill; the kernel's own choice of 6.x if left out. */
	readonly policy?: OomPolicy;
	/** Of v6.12.117 if left out. */
	readonly profile?: OomProfile;
	/** Read at each call, so that a machine may change them. */
	readonly sysctls?: OomSysctls;
	/** Told of each kill. */
	readonly events?: EventSink;
	/** Told what the kernel would log; see `formatOomRecord`. */
	readonly report?: (record: OomRecord) => void;
	/** 1e9 if left out: a tick is a nanosecond. */
	readonly ticksPerSecond?: number;
	/** Bytes; 4096 if left out. */
	readonly pageSize?: number;
}

/**
 * The OOM killer of a machine.
 *
 * @throws InputError for a policy of user space, which out_of_memory() cannot ask; see `createOomDaemon`
 */
export function createOomKiller(options: OomKillerOptions): KernelOomKiller {
	const { policy = kernel6 } = options;
	if (policy.runsIn !== "kernel") {
		throw new InputError(`OOM policy "${policy.id}" is a daemon of user space, expected a policy of the kernel`);
	}
	return new KernelOomKiller({
		host: options.host,
		scheduler: options.scheduler,
		policy,
		profile: options.profile ?? oomProfile(DEFAULT_KERNEL),
		sysctls: options.sysctls ?? DEFAULT_OOM_SYSCTLS,
		victims: new OomVictims(),
		ticksPerSecond: options.ticksPerSecond ?? 1e9,
		pageSize: options.pageSize ?? PAGE_SIZE,
		events: options.events,
		report: options.report ?? ((): void => {}),
	});
}
