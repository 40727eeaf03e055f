import {
	type AllocContext,
	COMPACT_PRIO,
	COMPACT_RESULT,
	type CompactPriority,
	type CompactRequest,
	type CompactResult,
	type Nodemask,
	type NofailRequest,
	type OomRequest,
	type ReclaimRequest,
} from "@pagelab/contracts";
import { createTask } from "@pagelab/memalloc";
import type { RequestZones, Zone } from "@pagelab/page-model";

/** Of a request that is not under way. */
const NO_CONTEXT: AllocContext = { task: createTask("nobody", 0), preemptCount: 0, rtTask: false };
const NO_ZONES: readonly Zone[] = [];
const NO_REQUEST_ZONES: RequestZones = { zones: NO_ZONES, highestZone: 0, nofragment: 0 };

/**
 * A request on its way through alloc_pages(): what its mask decided once, and the counters that the slow path moves (struct
 * alloc_context and the locals of __alloc_pages_slowpath). One object for the whole way, so that nothing is made while a
 * request climbs; reclaim, compaction and the OOM killer read it through their ports.
 */
export class PreparedRequest implements ReclaimRequest, OomRequest, CompactRequest, NofailRequest {
	/** Scoped mask. */
	gfp = 0;
	order = 0;
	migratetype = 0;
	highestZone = 0;
	requestZones: RequestZones = NO_REQUEST_ZONES;
	/** Nodes allowed now; the slow path may drop it (S7, S10). */
	nodemask: Nodemask | undefined;
	/** Nodes that the caller allowed. */
	callerNodemask: Nodemask | undefined;
	/** Zonelist from the preferred zone on, without the zones that the nodemask forbids. */
	zones: readonly Zone[] = NO_ZONES;
	/** ALLOC_NOFRAGMENT if the fast path gets it. */
	nofragment = 0;
	/** ALLOC_CPUSET if the fast path gets it. */
	fastCpuset = 0;
	context: AllocContext = NO_CONTEXT;

	/** ALLOC_* flags of the slow path. */
	allocFlags = 0;
	/** Rounds begun: 0 before the first S7. */
	round = 0;
	/** no_progress_loops. */
	loops = 0;
	/** compaction_retries. */
	compactRetries = 0;
	compactPriority: CompactPriority = COMPACT_PRIO.SYNC_LIGHT;
	compactResult: CompactResult = COMPACT_RESULT.SKIPPED;
	/** did_some_progress: pages of the last reclaim, or 0 and 1 after the OOM step. */
	progress = 0;
	/** cpuset_mems_cookie and zonelist_iter_cookie. */
	cpusetCookie = 0;
	zonelistCookie = 0;

	totalPages = 0;
	exhaustions = 0;
	waitedTicks = 0;
	/** Virtual time at which the slow path was entered. */
	startTicks = 0;
}

/**
 * Requests that are not under way, kept so that the next one needs no new object. Shared by everybody who allocates on one
 * machine; there are as many as requests were ever under way at once.
 */
export class RequestPool {
	/** The first {@link #count} are idle. It only grows: popping and pushing would make a new store each time. */
	readonly #idle: PreparedRequest[] = [];
	#count = 0;

	take(): PreparedRequest {
		if (this.#count === 0) return new PreparedRequest();
		return this.#idle[--this.#count] as PreparedRequest;
	}

	/** Takes a request back that nobody will look at again. */
	give(request: PreparedRequest): void {
		request.context = NO_CONTEXT;
		request.nodemask = undefined;
		request.callerNodemask = undefined;
		this.#idle[this.#count++] = request;
	}
}
