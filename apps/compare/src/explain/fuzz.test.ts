import { test } from "vitest";
import { readFixture } from "../../../../tools/fixtures/fixture.ts";
import { expectDamagedExplained, expectExplained } from "./testing/expect-explained.fixture.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const ids = (JSON.parse(decode(readFixture("klog/cases.json"))) as { id: string }[]).map(({ id }) => id);
const logs = ids.map((id) => decode(readFixture(`klog/${id}.log`)));

test("the logs as they are", () => {
	for (const log of logs) expectExplained(log);
});

test("damaged logs are explained as far as they go, and harmlessly", () => {
	expectDamagedExplained(logs, 100, "test -- apps/compare/src/explain/fuzz.test.ts");
});

test("names of processes that are markup, colours or numbers", () => {
	const names = ["</script>", "<b>x</b>", "\u001b[31mred", "531", "a,b=c (d)", "__proto__", "&lt;", "\u202Ex"];
	const failed = logs.find((log) => log.includes("apparmor_parser")) ?? "";
	for (const name of names) expectExplained(failed.replaceAll("apparmor_parser", name));
});
