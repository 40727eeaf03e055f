/** Floor of the square root of an integer 0 .. 2^53 - 1, exact (int_sqrt of lib/math). */
export function isqrt(n: number): number {
	let root = Math.floor(Math.sqrt(n));
	// Math.sqrt rounds to nearest, so near 2^53 the floor can be one off in either direction.
	while (root * root > n) root--;
	while ((root + 1) * (root + 1) <= n) root++;
	return root;
}
