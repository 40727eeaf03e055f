import type { OomEvent } from "../../events/oom-event.ts";
import type { MemcgInfo, MemcgResource } from "../../sections/memcg-info.ts";
import { byKernelRule, inferred, logged, type Statement } from "../statement.ts";

/** The limit of a cgroup that was hit. */
export interface CgroupLimit {
	/** Path of the group whose limit it is, null where the log does not name it. */
	readonly path: string | null;
	/** Which counter stood at its limit: memory, memory and swap together (v1), or kernel memory (v1). Null where none did. */
	readonly resource: "memory" | "memorySwap" | "kmem" | null;
	readonly usageKb: number | null;
	readonly limitKb: number | null;
	readonly failcnt: number | null;
}

const NAMES = { memory: "memory", memorySwap: "memory and swap together", kmem: "kernel memory" } as const;
const ORDER = ["memory", "memorySwap", "kmem"] as const;

/** A counter in which `kb` more did not fit. */
const isFull = ({ usageKb, limitKb }: MemcgResource, kb: number): boolean => limitKb !== null && usageKb + kb > limitKb;

const pathOf = ({ summary, memcg }: OomEvent): string | null =>
	summary?.oom_memcg ?? memcg?.limit ?? (memcg?.stats[0]?.path === "" ? null : (memcg?.stats[0]?.path ?? null));

/** Which limit was hit, by the counters of the report. */
export function cgroupLimit(event: OomEvent, neededKb: number): CgroupLimit {
	const path = pathOf(event);
	const { memcg } = event;
	const resource = memcg === null ? undefined : ORDER.find((name) => isFullAt(memcg, name, neededKb));
	const counter = memcg?.[resource ?? "memory"] ?? null;
	return {
		path,
		resource: resource ?? null,
		usageKb: counter?.usageKb ?? null,
		limitKb: counter?.limitKb ?? null,
		failcnt: counter?.failcnt ?? null,
	};
}

function isFullAt(memcg: MemcgInfo, name: (typeof ORDER)[number], kb: number): boolean {
	const counter = memcg[name];
	return counter !== null && isFull(counter, kb);
}

export const groupText = (path: string | null): string =>
	path === null ? "a cgroup that the log does not name" : `cgroup ${path}`;

function limitStatement({ path, resource, usageKb, limitKb, failcnt }: CgroupLimit): Statement {
	const group = groupText(path);
	if (usageKb === null) return logged(`The limit of ${group} was hit; its counters are not in the log.`);
	if (limitKb === null) {
		return inferred(
			`No limit is set for ${group} itself (${usageKb} kB used): the limit that was hit is not in the log, maybe of a group above it.`,
		);
	}
	const times = failcnt === null ? "" : `, which it has run into ${failcnt} times`;
	const name = NAMES[resource ?? "memory"];
	const text = `${group} uses ${usageKb} kB of the ${limitKb} kB that its limit of ${name} allows${times}.`;
	if (resource !== null) return logged(`${text.charAt(0).toUpperCase()}${text.slice(1)}`);
	return inferred(
		`${text.charAt(0).toUpperCase()}${text.slice(1)} At the moment of the report there was room again (${limitKb - usageKb} kB): memory was given back after the charge had failed.`,
	);
}

function swapStatement({ memcg }: OomEvent): Statement[] {
	const swap = memcg?.swap ?? null;
	if (swap === null) return [];
	const limit = swap.limitKb === null ? "has no limit of its own" : `may have ${swap.limitKb} kB`;
	return [logged(`Of swap the group has ${swap.usageKb} kB and ${limit}.`)];
}

const WHOLE_MACHINE = byKernelRule(
	"This is about the limit alone: the kernel had taken what it could from the group's own memory, and whether the machine had memory free plays no part.",
);

/** Why a charge to a cgroup failed. */
export const cgroupStatements = (event: OomEvent, limit: CgroupLimit): Statement[] => [
	limitStatement(limit),
	...swapStatement(event),
	WHOLE_MACHINE,
];
