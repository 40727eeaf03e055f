// Writes the published JSON Schema anew from the zod schema: node --conditions=@pagelab/source <this file>
import { explanationSchemaText } from "../../apps/compare/src/explain/explanation-schema.ts";
import { writeSchema } from "./write-schema.ts";

await writeSchema("explanation.schema.json", explanationSchemaText());
