import { getOrder, InputError, MAX_PAGE_ORDER, PAGE_SIZE } from "@pagelab/base";

/** slub_max_order: up to here a higher order is taken for a better use of the slab. */
const SLUB_MAX_ORDER = 3;

/** Orders of a cache's slabs. */
export interface SlabOrders {
	/** oo_order(s->oo): what is tried first. */
	readonly preferred: number;
	/** oo_order(s->min): room for one object. */
	readonly min: number;
}

/** order_objects(): how many objects a slab of this order holds. */
export const orderObjects = (order: number, size: number): number => Math.floor((PAGE_SIZE << order) / size);

/** slub_min_objects: objects that a slab should have on a machine with so many CPUs: 4 · (fls(CPUs) + 1). */
const objectsWanted = (cpus: number): number => 4 * (32 - Math.clz32(cpus) + 1);

/**
 * calculate_order() of mm/slub.c, 6.11 to 6.12 (slowpath.md §11): the smallest order that has room for the objects wanted and
 * wastes at most 1/16 of the slab, else 1/8, 1/4, 1/2; objects too large for that get the smallest order that holds one.
 *
 * Leaves out slab_min_order and slab_max_order of the command line. MAX_OBJS_PER_PAGE is no limit here: objects have 8 bytes
 * or more, so that the largest slab has 4096.
 *
 * @param size of an object with all that belongs to it, in bytes; 8 or more.
 * @param cpus present CPUs; where only one is present, the kernel takes nr_cpu_ids instead.
 * @returns undefined where not even MAX_PAGE_ORDER holds one object: the cache cannot be made (-ENOSYS).
 */
export function calculateOrder(size: number, cpus: number): number | undefined {
	const most = Math.max(orderObjects(SLUB_MAX_ORDER, size), 1);
	const lowest = getOrder(Math.min(objectsWanted(cpus), most) * size);
	for (let fraction = 16; fraction > 1; fraction /= 2) {
		for (let order = lowest; order <= SLUB_MAX_ORDER; order++) {
			const room = PAGE_SIZE << order;
			if (room % size <= Math.floor(room / fraction)) return order;
		}
	}
	const min = getOrder(size);
	return min <= MAX_PAGE_ORDER ? min : undefined;
}

/**
 * Preferred and minimum order of a cache of such objects.
 *
 * @param size in bytes, 8 or more: of an object with all that belongs to it, as {@link calculateOrder} takes it.
 * @throws InputError for objects that no slab can hold.
 */
export function slabOrders(size: number, cpus: number): SlabOrders {
	const preferred = calculateOrder(size, cpus);
	if (preferred === undefined) {
		throw new InputError(`objects of ${size} bytes fit into no slab, expected at most ${PAGE_SIZE << MAX_PAGE_ORDER}`);
	}
	return { preferred, min: getOrder(size) };
}
