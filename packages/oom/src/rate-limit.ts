/** ___ratelimit() of lib/ratelimit.c: at most `burst` in each interval, which begins with the first of them. */
export class RateLimit {
	readonly #intervalTicks: number;
	readonly #burst: number;
	#begin: number | undefined;
	#passed = 0;

	constructor(intervalTicks: number, burst: number) {
		this.#intervalTicks = intervalTicks;
		this.#burst = burst;
	}

	/** Whether one more may pass now. */
	pass(nowTicks: number): boolean {
		if (this.#begin === undefined || nowTicks - this.#begin > this.#intervalTicks) {
			this.#begin = nowTicks;
			this.#passed = 0;
		}
		if (this.#passed >= this.#burst) return false;
		this.#passed++;
		return true;
	}
}
