/**
 * Writes src/api/podTemplateFields.json, the fields of a pod template and their types, from the OpenAPI document of an API
 * server:
 *
 *     kubectl get --raw /openapi/v3/apis/apps/v1 | node scripts/podTemplateFields.ts
 *
 * test/integration/podTemplateFields.test.ts compares the file with the API server of the tests.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type OpenApi, podTemplateFieldsOf } from "../test/support/podTemplateFieldsOf.ts";

const file = fileURLToPath(new URL("../src/api/podTemplateFields.json", import.meta.url));
const fields = podTemplateFieldsOf(JSON.parse(readFileSync(0, "utf8")) as OpenApi);
writeFileSync(file, `${JSON.stringify(fields, null, 1)}\n`);
