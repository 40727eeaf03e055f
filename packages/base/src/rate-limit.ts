/**
 * ___ratelimit() of lib/ratelimit.c, 6.11 and 6.12: at most `burst` messages in each interval. An interval begins with the
 * first call after the one before it has ended. Time is in whatever unit the caller keeps: jiffies, ticks.
 */
export class RateLimit {
	readonly #interval: number;
	readonly #burst: number;
	#begin: number | undefined;
	#printed = 0;
	#missed = 0;
	#released = 0;

	/** @param interval length of an interval, 1 or more. @param burst messages in it, 1 or more. */
	constructor(interval: number, burst: number) {
		this.#interval = interval;
		this.#burst = burst;
	}

	/** Messages that were held back before the one that was just allowed: the number in `<n> callbacks suppressed`. */
	get suppressedBefore(): number {
		return this.#released;
	}

	/** May a message be printed now? */
	allow(now: number): boolean {
		this.#begin ??= now;
		this.#released = 0;
		if (now > this.#begin + this.#interval) {
			this.#released = this.#missed;
			this.#missed = 0;
			this.#begin = now;
			this.#printed = 0;
		}
		if (this.#printed < this.#burst) {
			this.#printed++;
			return true;
		}
		this.#missed++;
		return false;
	}
}
