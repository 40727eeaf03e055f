import { delay, type DelayRequest } from "@pagelab/sim";

/** cond_resched(): lets whoever is due run. */
export const COND_RESCHED: DelayRequest = delay(0);

/** One jiffy at HZ = 250, in ticks of a nanosecond. */
export const TICKS_PER_JIFFY = 4_000_000;

/** schedule_timeout_uninterruptible(1). */
export const SLEEP_ONE_JIFFY: DelayRequest = delay(TICKS_PER_JIFFY);
