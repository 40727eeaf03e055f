/** Why a call returned NULL, or did not return at all. */
export type VmallocRefusal =
	/** V1: WARN once. */
	| "size 0"
	/** V1: more pages than the machine has. */
	| "exceeds total pages"
	/** V3, V4: an object of vmalloc's own. */
	| "vm_struct"
	| "vmap_area"
	/** V4: no address space, after purge and notifiers where they may be waited for. */
	| "address space full"
	/** V6. */
	| "page array"
	/** V7. */
	| "pages"
	| "fatal signal"
	/** V8. */
	| "page tables"
	/** kvmalloc of up to a page: kmalloc failed. */
	| "kmalloc"
	/** K3. */
	| "cannot block"
	/** K4. */
	| "larger than INT_MAX"
	/** kvmalloc_array(): n * size does not fit. */
	| "overflow"
	/** BUG(): the task does not come back. */
	| "BUG: in interrupt";

/** What a call returned: an address, or NULL with the reason. */
export type VmallocResult =
	| { readonly address: number; readonly refusal?: undefined }
	| { readonly address: 0; readonly refusal: VmallocRefusal };

export const refused = (refusal: VmallocRefusal): VmallocResult => ({ address: 0, refusal });
