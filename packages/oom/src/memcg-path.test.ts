import { expect, test } from "vitest";
import { isBelowCgroup, oomGroupOf, withAncestors } from "./memcg-path.ts";
import { cgroupOf } from "./testing/view.fixture.ts";

test("paths", () => {
	expect(withAncestors("/a/b/c")).toEqual(["/a/b/c", "/a/b", "/a", "/"]);
	expect(withAncestors("/")).toEqual(["/"]);
	expect(isBelowCgroup("/a/b", "/a")).toBe(true);
	expect(isBelowCgroup("/a", "/a")).toBe(true);
	expect(isBelowCgroup("/ab", "/a")).toBe(false);
	expect(isBelowCgroup("/a", "/")).toBe(true);
});

test.each([
	["/a/b/c", "/", ["/a", "/a/b"], "/a"],
	["/a/b/c", "/a/b", ["/a", "/a/b/c"], "/a/b/c"],
	["/a/b/c", "/a/b", ["/a/b", "/a/b/c"], "/a/b"],
	["/a/b/c", "/", ["/"], undefined],
	["/", "/", ["/"], undefined],
	["/a/x", "/a/b", ["/a/x"], undefined],
	["/a/b", "/a/b", [], undefined],
] as const)("a victim in %s, OOM in %s, groups %j: %s", (memcg, domain, flagged, group) => {
	const cgroups = ["/", "/a", "/a/b", "/a/b/c", "/a/x"].map((path) =>
		cgroupOf(path, { oomGroup: (flagged as readonly string[]).includes(path) }),
	);
	expect(oomGroupOf(memcg, domain, cgroups)).toBe(group);
});
