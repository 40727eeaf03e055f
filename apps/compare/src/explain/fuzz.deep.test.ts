import { test } from "vitest";
import { readFixture } from "../../../../tools/fixtures/fixture.ts";
import { expectDamagedExplained } from "./testing/expect-explained.fixture.ts";

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const ids = (JSON.parse(decode(readFixture("klog/cases.json"))) as { id: string }[]).map(({ id }) => id);

test("a hundred thousand damaged logs are explained", { timeout: 1_800_000 }, () => {
	expectDamagedExplained(
		ids.map((id) => decode(readFixture(`klog/${id}.log`))),
		100_000,
		"test:deep -- explain/fuzz",
	);
});
