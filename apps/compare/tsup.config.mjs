import preset from "@pagelab/tsup-preset";

export default { ...preset, entry: ["src/index.ts", "src/main.ts"] };
