import { delay, type DelayRequest } from "@pagelab/sim";

/** schedule_timeout_uninterruptible(1) at HZ = 250, in ticks of a nanosecond. */
export const SLEEP_ONE_JIFFY: DelayRequest = delay(4_000_000);

/** cond_resched(), and where a sleep has no length of its own: lets whoever is due run. */
export const COND_RESCHED: DelayRequest = delay(0);
