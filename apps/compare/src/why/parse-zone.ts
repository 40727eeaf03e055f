import { InputError, nearestName } from "@pagelab/base";
import { ZONE_NAMES } from "@pagelab/gfp";
import type { ZoneNumbers } from "@pagelab/slow-path";

const NUMBER_KEYS = [
	"node",
	"free",
	"min",
	"low",
	"high",
	"boost",
	"reserve",
	"largest",
	"highatomic",
	"reclaimable",
	"managed",
] as const;
const KEYS: readonly string[] = ["name", ...NUMBER_KEYS];
const REQUIRED = ["free", "min"] as const;

/** What a zone of numbers may say, for the help. */
export const ZONE_HELP: string =
	"free=N,min=N and, where they matter, low=N, high=N, name=Normal, node=0, boost=N, reserve=N, largest=ORDER, " +
	"highatomic=N, reclaimable=N, managed=N";

function keyError(key: string): InputError {
	const near = nearestName(key, KEYS);
	return new InputError(
		`unknown zone number "${key}", ${near === undefined ? `expected ${KEYS.join(", ")}` : `did you mean ${near}?`}`,
	);
}

function zoneIndex(name: string): number {
	const idx = ZONE_NAMES.findIndex((known) => known.toLowerCase() === name.toLowerCase());
	if (idx >= 0) return idx;
	const near = nearestName(name, ZONE_NAMES);
	throw new InputError(
		`unknown zone "${name}", ${near === undefined ? `expected ${ZONE_NAMES.join(", ")}` : `did you mean ${near}?`}`,
	);
}

function pageCount(key: string, value: string): number {
	if (/^\d{1,10}$/.test(value)) return Number(value);
	throw new InputError(`--zone ${key}=${value} is no number of pages, expected a whole number from 0 up`);
}

function splitPairs(text: string): Map<string, string> {
	const pairs = new Map<string, string>();
	for (const part of text.split(",")) {
		const at = part.indexOf("=");
		const key = part.slice(0, Math.max(0, at)).trim();
		if (at < 0) throw new InputError(`--zone "${part}" has no value, expected --zone ${ZONE_HELP}`);
		if (!KEYS.includes(key)) throw keyError(key);
		if (pairs.has(key)) throw new InputError(`--zone says ${key} twice, expected it once`);
		pairs.set(key, part.slice(at + 1).trim());
	}
	return pairs;
}

/**
 * Reads `free=1000,min=1000,low=1250,high=1500`. Left out: `low` is min + min/4 and `high` min + min/2, as the kernel spaces
 * them in zones up to about 1 GiB; the zone is Normal of node 0.
 *
 * @throws InputError with the nearest key or zone name.
 */
export function parseZone(text: string): ZoneNumbers {
	const pairs = splitPairs(text);
	for (const key of REQUIRED) {
		if (!pairs.has(key)) throw new InputError(`--zone needs ${key}=, expected --zone ${ZONE_HELP}`);
	}
	const numbers: Partial<Record<(typeof NUMBER_KEYS)[number], number>> = {};
	for (const key of NUMBER_KEYS) {
		const value = pairs.get(key);
		if (value !== undefined) numbers[key] = pageCount(key, value);
	}
	const { min = 0, largest = 0, node = 0 } = numbers;
	if (largest > 10) throw new InputError(`--zone largest=${largest} is no order of a free block, expected 0 to 10`);
	if (node > 63) throw new InputError(`--zone node=${node} is out of range, expected 0 to 63`);
	const low = numbers.low ?? min + Math.floor(min / 4);
	const high = numbers.high ?? Math.max(low, min + Math.floor(min / 2));
	const name = pairs.get("name");
	return {
		...numbers,
		free: numbers.free ?? 0,
		min,
		low,
		high,
		...(name === undefined ? {} : { idx: zoneIndex(name) }),
	};
}
