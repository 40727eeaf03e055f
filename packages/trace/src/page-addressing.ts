const TWO_32 = 0x1_0000_0000;

/**
 * Addresses of struct page and the frames that they describe, for kernels with a flat memory map (vmemmap). Addresses
 * come as two halves of 32 bits, because they do not fit a number and a bigint for each costs too much.
 */
export class PageAddressing {
	readonly #baseHigh: number;
	readonly #baseLow: number;
	/** sizeof(struct page), 64 on all common builds. */
	readonly #pageStruct: number;

	constructor(vmemmap: bigint, pageStruct: number) {
		this.#baseHigh = Number(vmemmap >> 32n);
		this.#baseLow = Number(vmemmap & 0xffff_ffffn);
		this.#pageStruct = pageStruct;
	}

	/** The frame of the struct page at `high * 2^32 + low`, or -1 where no struct page begins there. */
	pfn(high: number, low: number): number {
		const bytes = (high - this.#baseHigh) * TWO_32 + (low - this.#baseLow);
		const pfn = bytes / this.#pageStruct;
		return Number.isInteger(pfn) && pfn >= 0 && pfn <= 0x7fff_ffff ? pfn : -1;
	}
}
