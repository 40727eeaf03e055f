// Writes the published JSON Schema anew from the zod schema: node --conditions=@pagelab/source <this file>
import { comparisonSchemaText } from "../../apps/compare/src/compare/comparison-schema.ts";
import { writeSchema } from "./write-schema.ts";

await writeSchema("pagelab-comparison-1.json", comparisonSchemaText());
