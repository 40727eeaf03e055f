import type { KmemCache } from "./kmem-cache.ts";
import type { SlabCore } from "./slab-core.ts";
import { END, NO_SLAB, PLACE, USED } from "./slab-table.ts";

/** One cache to be recounted. */
export interface CacheRecount {
	readonly core: SlabCore;
	readonly cache: KmemCache;
	/** All its slabs. */
	readonly slabs: readonly number[];
	readonly problems: string[];
}

const PLACE_NAMES = Object.keys(PLACE);
const placeName = (place: number): string => PLACE_NAMES[place] ?? `${place}`;

/** Slabs found by walking the lists, each with the place that it is found at. */
function placesByWalking({ core, cache, problems }: CacheRecount): Map<number, number> {
	const { table } = core;
	const found = new Map<number, number>();
	/** False for a slab that was found before: the walk ends there. */
	const note = (slab: number, place: number): boolean => {
		if (found.has(slab)) {
			problems.push(`${cache.name}: slab ${slab} is on two lists`);
			return false;
		}
		found.set(slab, place);
		return true;
	};
	for (const slab of cache.cpuSlab) if (slab !== NO_SLAB) note(slab, PLACE.CPU);
	for (const first of cache.cpuPartial) {
		for (let slab = first; slab !== NO_SLAB && note(slab, PLACE.CPU_PARTIAL); ) slab = table.next[slab] as number;
	}
	for (const [node, first] of cache.partial.first.entries()) {
		let before = NO_SLAB;
		for (let slab = first; slab !== NO_SLAB && note(slab, PLACE.NODE_PARTIAL); slab = table.next[slab] as number) {
			if (table.previous[slab] !== before) problems.push(`${cache.name}: slab ${slab} has a wrong predecessor`);
			if (table.node[slab] !== node) problems.push(`${cache.name}: slab ${slab} is on the list of node ${node}`);
			before = slab;
		}
		if (cache.partial.last[node] !== before) problems.push(`${cache.name}: the list of node ${node} has a wrong end`);
	}
	return found;
}

function validatePlaces({ core, cache, slabs, problems }: CacheRecount, found: ReadonlyMap<number, number>): void {
	for (const slab of slabs) {
		const place = core.table.place[slab] as number;
		const where = found.get(slab) ?? PLACE.FULL;
		if (place === where) continue;
		problems.push(`${cache.name}: slab ${slab} is noted as ${placeName(place)}, found as ${placeName(where)}`);
	}
	for (const slab of found.keys()) {
		if (!slabs.includes(slab)) problems.push(`${cache.name}: slab ${slab} is on a list and does not exist`);
	}
}

/** Free objects of a list, which must be different ones of the slab. */
function countFree({ core, cache, problems }: CacheRecount, slab: number, list: number, seen: Set<number>): number {
	const { table } = core;
	const first = table.firstLink[slab] as number;
	const end = first + (table.objects[slab] as number);
	let free = 0;
	for (let object = list; object !== END; object = cache.links.at[object] as number) {
		if (object < first || object >= end || seen.has(object)) {
			problems.push(`${cache.name}: the free list of slab ${slab} leads to ${object}`);
			return free;
		}
		seen.add(object);
		free++;
	}
	return free;
}

function validateObjects(recount: CacheRecount, slab: number): void {
	const { core, cache, problems } = recount;
	const { table } = core;
	const { sizes } = cache;
	const objects = table.objects[slab] as number;
	const order = table.order[slab] as number;
	const expected = order === sizes.orders.preferred ? sizes.objects : sizes.objectsMin;
	if (objects !== expected) problems.push(`${cache.name}: slab ${slab} of order ${order} has ${objects} objects`);
	const seen = new Set<number>();
	const free = countFree(recount, slab, table.freelist[slab] as number, seen);
	if (table.inuse[slab] !== objects - free) {
		problems.push(`${cache.name}: slab ${slab} has inuse ${table.inuse[slab]}, counted ${objects - free}`);
	}
	const cpu = cache.cpuSlab.indexOf(slab);
	const freeOfCpu = cpu < 0 ? 0 : countFree(recount, slab, cache.cpuFreelist[cpu] as number, seen);
	const firstLink = table.firstLink[slab] as number;
	const used = cache.links.at.subarray(firstLink, firstLink + objects).filter((link) => link === USED).length;
	if (used + free + freeOfCpu !== objects) {
		problems.push(`${cache.name}: slab ${slab} has ${used} objects in use and ${free + freeOfCpu} free of ${objects}`);
	}
	if (cpu < 0 && (table.place[slab] === PLACE.FULL) !== (free === 0)) {
		problems.push(`${cache.name}: slab ${slab} with ${free} free objects is ${placeName(table.place[slab] as number)}`);
	}
}

function validateNode({ core, cache, slabs, problems }: CacheRecount, node: number): void {
	const { table } = core;
	const here = slabs.filter((slab) => table.node[slab] === node);
	const counts = {
		nr_slabs: [cache.nrSlabs[node], here.length],
		total_objects: [cache.totalObjects[node], here.reduce((n, slab) => n + (table.objects[slab] as number), 0)],
		nr_partial: [cache.partial.count[node], here.filter((slab) => table.place[slab] === PLACE.NODE_PARTIAL).length],
	};
	for (const [name, [noted, counted]] of Object.entries(counts)) {
		if (noted !== counted) problems.push(`${cache.name}: ${name} of node ${node} is ${noted}, counted ${counted}`);
	}
}

function validateCpu({ core, cache, problems }: CacheRecount, cpu: number): void {
	const { table } = core;
	if (cache.cpuSlab[cpu] === NO_SLAB && cache.cpuFreelist[cpu] !== END) {
		problems.push(`${cache.name}: CPU ${cpu} has free objects and no slab`);
	}
	const slabs: number[] = [];
	for (let slab = cache.cpuPartial[cpu] as number; slab !== NO_SLAB; slab = table.next[slab] as number) {
		slabs.push(slab);
		if (slabs.length > cache.sizes.cpuPartialSlabs) break;
	}
	if (slabs.length > cache.sizes.cpuPartialSlabs) problems.push(`${cache.name}: CPU ${cpu} has too many partial slabs`);
	for (const [i, slab] of slabs.entries()) {
		if (table.listed[slab] === slabs.length - i) continue;
		problems.push(`${cache.name}: slab ${slab} counts ${table.listed[slab]} slabs, counted ${slabs.length - i}`);
	}
}

/** Recounts one cache: places, free lists, objects, the counters of nodes and the lists of CPUs. */
export function validateCache(recount: CacheRecount): void {
	validatePlaces(recount, placesByWalking(recount));
	for (const slab of recount.slabs) validateObjects(recount, slab);
	for (let node = 0; node < recount.cache.nrSlabs.length; node++) validateNode(recount, node);
	for (let cpu = 0; cpu < recount.cache.cpuSlab.length; cpu++) validateCpu(recount, cpu);
}
