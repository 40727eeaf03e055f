import { test } from "vitest";
import { expectAccounted } from "./random-mix.fixture.ts";

test("the same, many", { timeout: 600_000 }, () => {
	expectAccounted(5000);
});
