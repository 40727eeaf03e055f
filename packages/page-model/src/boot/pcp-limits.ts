/** Pages per order-0 refill of an untuned per-CPU list: zone_batchsize() of mm/page_alloc.c; 1 .. 63. */
export function zoneBatchsize(managed: number): number {
	const batch = Math.max(1, Math.floor(Math.min(Math.floor(managed / 1024), 256) / 4));
	const rounded = 1 << (31 - Math.clz32(batch + Math.floor(batch / 2)));
	return Math.max(1, rounded - 1);
}

export interface PcpLimitInput {
	readonly managed: number;
	/** Low mark with boost. */
	readonly lowWmark: number;
	/** CPUs of the zone's node, or all online ones if it has none. */
	readonly cpus: number;
	/** Sysctl percpu_pagelist_high_fraction: 0, or at least 8. */
	readonly highFraction: number;
}

/** Limits of a per-CPU pageset, in pages. */
export interface PcpLimits {
	readonly batch: number;
	readonly highMin: number;
	readonly highMax: number;
}

/** zone_set_pageset_high_and_batch() of mm/page_alloc.c, 6.11 and 6.12: the range in which high tunes itself. */
export function pcpLimits(input: PcpLimitInput): PcpLimits {
	const batch = zoneBatchsize(input.managed);
	const perCpu = (pages: number): number => Math.max(Math.floor(pages / input.cpus), 4 * batch);
	if (input.highFraction !== 0) {
		const high = perCpu(Math.floor(input.managed / input.highFraction));
		return { batch, highMin: high, highMax: high };
	}
	return { batch, highMin: perCpu(input.lowWmark), highMax: perCpu(Math.floor(input.managed / 8)) };
}
