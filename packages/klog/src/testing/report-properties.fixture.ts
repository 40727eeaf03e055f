import fc from "fast-check";
import { test } from "vitest";
import { arbitraryReport } from "./arbitrary-report.fixture.ts";
import { DRESSES, dressLog, wrapLines } from "./dress-log.fixture.ts";
import { expectModel, readOom, withPlainNames } from "./expect-report.fixture.ts";
import { printReport } from "./print-report.fixture.ts";

const WRAPPED: readonly string[] = ["printk time stamp", "syslog with stamp", "level and stamp"];

/** The tests of {@link expectModel} with some number of random reports in each form. */
export function testReports(numRuns: { readonly dressed: number; readonly wrapped: number }): void {
	for (const dress of DRESSES) {
		test(`any report comes out as it went in: ${dress.name}`, () => {
			fc.assert(
				fc.property(arbitraryReport, (model) => {
					expectModel(readOom(dressLog(dress, printReport(model))), model);
				}),
				{ numRuns: numRuns.dressed },
			);
		});
	}

	test("wrapped by a mail client, with a prefix on the first piece only", () => {
		const dresses = DRESSES.filter(({ name }) => WRAPPED.includes(name));
		const columns = fc.integer({ min: 68, max: 100 });
		fc.assert(
			fc.property(arbitraryReport, fc.constantFrom(...dresses), columns, (any, dress, width) => {
				const model = withPlainNames(any);
				expectModel(readOom(wrapLines(dressLog(dress, printReport(model)), width)), model);
			}),
			{ numRuns: numRuns.wrapped },
		);
	});
}
