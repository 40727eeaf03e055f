import type { EventSink, OomCgroup, OomPolicy, OomTask } from "@pagelab/contracts";
import type { Scheduler } from "@pagelab/sim";
import type { OomHost } from "./oom-host.ts";
import type { OomProfile } from "./profile.ts";
import type { OomRecord } from "./oom-record.ts";
import type { OomVictims } from "./oom-victims.ts";

/** vm.* settings, read at each call. */
export interface OomSysctls {
	/** 0 never, 1 only without constraint, 2 always but for SysRq-f. */
	readonly panicOnOom: 0 | 1 | 2;
	readonly oomKillAllocatingTask: boolean;
	readonly oomDumpTasks: boolean;
}

/** The settings of a kernel that nobody has changed. */
export const DEFAULT_OOM_SYSCTLS: OomSysctls = { panicOnOom: 0, oomKillAllocatingTask: false, oomDumpTasks: true };

/** What the parts of the OOM killer work with. */
export interface OomEnvironment {
	readonly host: OomHost;
	readonly scheduler: Scheduler;
	readonly policy: OomPolicy;
	readonly profile: OomProfile;
	readonly sysctls: OomSysctls;
	readonly victims: OomVictims;
	readonly ticksPerSecond: number;
	/** Bytes. */
	readonly pageSize: number;
	readonly events: EventSink | undefined;
	readonly report: (record: OomRecord) => void;
}

/** All thread groups in order of creation. */
export const allTasks = ({ host, victims }: OomEnvironment): OomTask[] =>
	host.processes().map((process) => victims.view(process));

/** All cgroups in pre-order. */
export const allCgroups = ({ host }: OomEnvironment): readonly OomCgroup[] => host.cgroups?.() ?? [];
