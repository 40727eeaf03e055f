import { invariant, PAGE_SIZE } from "@pagelab/base";
import { NO_PAGE } from "@pagelab/contracts";
import type { Steps } from "@pagelab/sim";
import type { VmallocEnv } from "./vmalloc-env.ts";

/** Pages that one PTE page maps, the size of a huge page: 2 MiB. */
export const PMD_PAGES: number = 2 ** 21 / PAGE_SIZE;
/** log2 of it: the order of a huge page. */
export const PMD_ORDER = 9;
/** Pages that one PMD page maps: 1 GiB. */
const PUD_PAGES = 2 ** 30 / PAGE_SIZE;

/** A table that was there before. */
const BOOT_TABLE = -1;

/**
 * Page tables of the vmalloc area below the PUD level, which x86-64 fills at boot: a PMD page for each GiB and a PTE page for
 * each 2 MiB that were ever mapped. They are never given back.
 *
 * Leaves out that a huge mapping gives back the PTE page that stood in its place.
 */
export class PageTables {
	readonly #env: VmallocEnv;
	readonly #pmd = new Map<number, number>();
	readonly #pte = new Map<number, number>();

	constructor(env: VmallocEnv) {
		this.#env = env;
		for (const index of env.presentTables?.pmd ?? []) this.#pmd.set(index, BOOT_TABLE);
		for (const index of env.presentTables?.pte ?? []) this.#pte.set(index, BOOT_TABLE);
	}

	/** Pages held for tables, without those that were there before. */
	get pages(): readonly number[] {
		return [...this.#pmd.values(), ...this.#pte.values()].filter((pfn) => pfn !== BOOT_TABLE);
	}

	/**
	 * Fills in the tables of a mapping in the order of addresses.
	 *
	 * @param huge by 2 MiB pages, which need no PTE pages.
	 * @param allocTable one page, or NO_PAGE.
	 * @returns false once a table cannot be had; those before it stay.
	 */
	*map(start: number, pages: number, huge: boolean, allocTable: () => Steps<number>): Steps<boolean> {
		const end = start + pages;
		for (let pte = Math.floor(start / PMD_PAGES); pte * PMD_PAGES < end; pte++) {
			const pmd = Math.floor((pte * PMD_PAGES) / PUD_PAGES);
			if (!this.#pmd.has(pmd) && !(yield* this.#fill(this.#pmd, pmd, allocTable))) return false;
			if (huge || this.#pte.has(pte)) continue;
			if (!(yield* this.#fill(this.#pte, pte, allocTable))) return false;
		}
		return true;
	}

	/** __pmd_alloc() and __pte_alloc_kernel(): whoever comes second gives his page back. */
	*#fill(tables: Map<number, number>, index: number, allocTable: () => Steps<number>): Steps<boolean> {
		const pfn = yield* allocTable();
		if (pfn === NO_PAGE) return false;
		if (tables.has(index)) this.#env.pages.freePages(pfn, 0);
		else tables.set(index, pfn);
		return true;
	}

	/** Recounts. @throws InvariantError */
	validate(): void {
		const { pages } = this;
		invariant(new Set(pages).size === pages.length, "a page is in two page tables");
		for (const pte of this.#pte.keys()) {
			const pmd = Math.floor((pte * PMD_PAGES) / PUD_PAGES);
			const isBoot = this.#pte.get(pte) === BOOT_TABLE;
			invariant(isBoot || this.#pmd.has(pmd), "a PTE page hangs in no PMD page");
		}
	}
}
