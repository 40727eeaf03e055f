import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Prints `N passed, N failed, N skipped` alone on the last line, the form that CI reads. */
export class ClosingLineReporter implements Reporter {
	onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
		let passed = 0;
		let failed = unhandledErrors.length;
		let skipped = 0;
		for (const module of modules) {
			failed += module.errors().length;
			for (const test of module.children.allTests() as Iterable<TestCase>) {
				const state = test.result().state;
				if (state === "passed") passed++;
				else if (state === "failed") failed++;
				else skipped++;
			}
		}
		console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
	}
}
