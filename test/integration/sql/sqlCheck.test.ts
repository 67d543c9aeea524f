import { expect, it } from "vitest";
import { flinkDistribution } from "../../../images/distribution.ts";
import { sqlRunnerJar } from "../../../images/sqlRunner.ts";
import { newestFlink } from "../../../images/versions.ts";
import { sqlCheck } from "../../../src/cmd/sqlCheck.ts";

/** `kubectl flink sql check` with a real Flink. */

const manifest = (column: string) => ({
  name: "job.yaml",
  text: `
kind: FlinkDeployment
spec:
  job:
    parallelism: 2
    sql:
      script: |
        CREATE TABLE src (id INT) WITH ('connector' = '\${from}');
        CREATE TABLE snk (id INT) WITH ('connector' = 'blackhole');
        INSERT INTO snk SELECT ${column} FROM src;
      variables: { from: datagen }
`,
});

it("prints the plan of the script in a manifest, or what is wrong in one line", async () => {
  const options = { flinkHome: await flinkDistribution(newestFlink) };
  const runner = await sqlRunnerJar();
  const { output, error } = await sqlCheck(manifest("id"), runner, options);
  expect(error).toBeUndefined();
  expect(JSON.parse(output)).toMatchObject({
    flink: newestFlink.version,
    sinks: ["default_catalog.default_database.snk"],
  });
  expect(await sqlCheck(manifest("ident"), runner, options)).toEqual({
    output: "",
    error: "job.yaml: sql: line 3, column 24: Column 'ident' not found in any table",
  });
});
