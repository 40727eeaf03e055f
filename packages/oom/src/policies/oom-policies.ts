import { InputError, nearestName } from "@pagelab/base";
import type { OomPolicy } from "@pagelab/contracts";
import { allocatingTaskPolicy } from "./allocating-task.ts";
import { earlyoom } from "./earlyoom.ts";
import { kernel419 } from "./kernel-4-19.ts";
import { kernel6 } from "./kernel-6.ts";
import { largestRssPolicy } from "./largest-rss.ts";
import { lmkd } from "./lmkd.ts";
import { noKill } from "./no-kill.ts";
import { nohang } from "./nohang.ts";
import { oomd } from "./oomd.ts";
import { systemdOomd } from "./systemd-oomd.ts";

/** All OOM policies of this package, with their default options; a policy from elsewhere needs no entry here. */
export const OOM_POLICIES: readonly OomPolicy[] = [
	kernel6,
	kernel419,
	allocatingTaskPolicy,
	largestRssPolicy,
	earlyoom(),
	nohang(),
	oomd(),
	systemdOomd(),
	lmkd(),
	noKill,
];

/** @throws InputError naming the nearest policy, or all of them. */
export function oomPolicy(id: string): OomPolicy {
	const found = OOM_POLICIES.find((policy) => policy.id === id);
	if (found !== undefined) return found;
	const ids = OOM_POLICIES.map((policy) => policy.id);
	const near = nearestName(id, ids);
	throw new InputError(
		`unknown OOM policy "${id}", ${near === undefined ? `expected one of ${ids.join(", ")}` : `did you mean ${near}?`}`,
	);
}
