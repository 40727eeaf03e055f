import type { PageModel, Zone } from "@pagelab/page-model";
import { AssumedKernel, type Assumptions } from "@pagelab/slow-path";
import type { EventMachine } from "../machine/machine-of-event.ts";

/**
 * The rest of the kernel as a report shows it: reclaimable pages are those that the log counts, and what reclaim, compaction and
 * the OOM killer do is assumed. The report was printed after they had run, so they find no more.
 */
export class LoggedKernel extends AssumedKernel {
	readonly #reclaimable: readonly number[];

	constructor(model: PageModel, machine: EventMachine, assumptions: Omit<Assumptions, "reclaim" | "oomFrees">) {
		// Nothing is ever freed, so it need not know the frames, of which there can be millions.
		super(model, { ...machine.state, nodes: [] }, { ...assumptions, reclaim: 0, oomFrees: 0 });
		this.#reclaimable = machine.reclaimable;
	}

	override reclaimablePages(zone: Zone): number {
		const onLru = this.#reclaimable[zone.id] ?? 0;
		return onLru === 0 && this.assumptions.emptyLruCountsFree ? Math.max(0, zone.freePages) : onLru;
	}
}
