import { test } from "vitest";
import { expectAccounted } from "./random-mix.fixture.ts";

test("random mixes of calls by random rules keep every page, object and page of address space accounted for", () => {
	expectAccounted(150);
});
