// The only place that configures the build, so that a move to another bundler is one file.
import { defineConfig } from "tsup";

export default defineConfig({
	entry: ["src/index.ts"],
	format: ["esm"],
	target: "node20",
	dts: true,
	sourcemap: true,
	clean: true,
	treeshake: true,
});
