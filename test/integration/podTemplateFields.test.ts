import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import known from "../../src/api/podTemplateFields.json" with { type: "json" };
import { sharedControlPlane } from "../support/controlPlane.ts";
import { type OpenApi, podTemplateFieldsOf } from "../support/podTemplateFieldsOf.ts";

const run = promisify(execFile);

it("the fields of a pod template that are known are those of the API server (scripts/podTemplateFields.ts)", async () => {
  const env = { ...process.env, LOCALKUBE_NAME: sharedControlPlane().name };
  const localkube = join(import.meta.dirname, "../../localkube/localkube");
  const args = ["kubectl", "get", "--raw", "/openapi/v3/apis/apps/v1"];
  const { stdout } = await run(localkube, args, { env, maxBuffer: 1 << 25 });
  expect(known).toEqual(podTemplateFieldsOf(JSON.parse(stdout) as OpenApi));
});
