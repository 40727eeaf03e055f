import { KERNEL_IDS } from "@pagelab/base";
import { expect, test } from "vitest";
import { darrayAllocation } from "./darray-allocation.ts";

test.each(KERNEL_IDS)("%s: room for a power of two, from kvmalloc as long as that is below INT_MAX", (kernel) => {
	const old = kernel === "v6.11";
	const kvmalloc = old ? "kvmalloc_array" : "kvmalloc";
	expect(darrayAllocation(kernel, 1, 24)).toEqual({ allocator: kvmalloc, bytes: 24 });
	expect(darrayAllocation(kernel, 33, 24)).toEqual({ allocator: kvmalloc, bytes: 64 * 24 });
	// 2^26 elements of 24 bytes are 1.5 GiB; one more doubles them, beyond INT_MAX.
	expect(darrayAllocation(kernel, 2 ** 26, 24).allocator).toBe(kvmalloc);
	expect(darrayAllocation(kernel, 2 ** 26 + 1, 24)).toEqual({
		allocator: old ? kvmalloc : "vmalloc",
		bytes: 2 ** 27 * 24,
	});
	expect(darrayAllocation(kernel, 2 ** 28, 8).allocator).toBe(old ? kvmalloc : "vmalloc");
});
