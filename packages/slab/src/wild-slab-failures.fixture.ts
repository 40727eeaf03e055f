/** A SLUB failure in a log from the wild. */
export interface WildFailure {
	readonly log: string;
	readonly cache: string;
	readonly objectSize: number;
	readonly size: number;
	readonly order: number;
	readonly minOrder: number;
	/** Of the first node line behind it. */
	readonly slabs: number;
	readonly objects: number;
}

const CACHE = /cache: (\S+), object size: (\d+), buffer\s+size: (\d+), default\s*order: (\d+), min order: (\d+)/g;
const NODE = /node \d+: slabs: (\d+), objs: (\d+), free: \d+/;

/** All different failures of a log; lines that a mail client broke are put together again. */
export function wildFailures(log: string, text: string): WildFailure[] {
	const joined = text.replaceAll(/default\norder/g, "default order").replaceAll(/buffer\nsize/g, "buffer size");
	const all = [...joined.matchAll(CACHE)].map((match) => {
		const [, cache = "", objectSize, size, order, minOrder] = match;
		const [, slabs, objects] = NODE.exec(joined.slice(match.index)) ?? [];
		return {
			log,
			cache,
			objectSize: Number(objectSize),
			size: Number(size),
			order: Number(order),
			minOrder: Number(minOrder),
			slabs: Number(slabs),
			objects: Number(objects),
		};
	});
	return [...new Map(all.map((failure) => [JSON.stringify(failure), failure])).values()];
}
