import { InputError } from "@pagelab/base";
import type { EraRow } from "./era-tables.ts";
import { ERA_ROWS } from "./eras.generated.ts";

export type GfpEra = EraRow;

/** Eras of the gfp layout from 2.6.31 to the newest known, oldest first (gfp-history.md §1). */
export const GFP_ERAS: readonly GfpEra[] = ERA_ROWS;

const RELEASE = /^(?:linux-?)?v?(\d+)\.(\d+)(?:\.(\d+))?/i;
const OLDEST_RELEASE = "2.6.31";

/** A release as one number that orders like the releases; 2.6.x counts its third part. */
function releaseRank(release: string): number {
	const match = RELEASE.exec(release);
	if (match === null) throw new InputError(`"${release}" is no kernel release, expected one such as 6.12 or v5.10.3`);
	const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
	return major * 1e6 + minor * 1e3 + (major === 2 ? patch : 0);
}

/**
 * The era of a mainline release. Reads the first numbers of names such as `v6.12.117`, `6.1.0-25-amd64` or
 * `4.18.0-305.el8`; vendor kernels keep the layout of the release that they are based on, mostly (gfp-history.md §7).
 * A release newer than the last known one gets the newest era, as does `newest`.
 *
 * @throws InputError for text without a release and for releases before 2.6.31.
 */
export function eraOfKernel(release: string): GfpEra {
	if (release === "newest") return GFP_ERAS.at(-1) as GfpEra;
	const rank = releaseRank(release);
	const era = GFP_ERAS.findLast((e) => releaseRank(e.first) <= rank);
	if (era === undefined) {
		throw new InputError(`kernel ${release} is older than ${OLDEST_RELEASE}, the oldest with a known gfp layout`);
	}
	return era;
}

/** Releases of an era in words, such as `6.10–6.14`. */
export const eraReleases = (era: GfpEra): string => (era.first === era.last ? era.first : `${era.first}–${era.last}`);
