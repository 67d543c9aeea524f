import { expect, it } from "vitest";
import { diffSpec } from "../../diff/diff.ts";
import { aSituation, aSpec } from "../situation.fixture.ts";
import { dryRun } from "./dryRun.ts";

const trial = { metadata: { name: "job-taskmanager" } };
const build = () => ({
  beforeDeployment: [],
  deployment: { metadata: { name: "job" } },
  taskManagerTrial: trial,
  afterDeployment: () => [],
});
const asked = (spec: object) => dryRun(aSituation({ build, diff: diffSpec(aSpec, { ...aSpec, ...spec }) }));
const podTemplate = { spec: { volumes: [{ name: "v", emptyDir: {} }] } };

it.each([{ podTemplate }, { taskManager: { podTemplate } }])(
  "asks about the TaskManagers' pods where their template changed: %j",
  (spec) => expect(asked(spec)).toMatchObject([{ objects: { taskManagerTrial: trial } }]),
);

it.each([{ image: "flink:9" }, { jobManager: { podTemplate } }])(
  "costs no second request where it did not: %j",
  (spec) => expect(asked(spec)).toMatchObject([{ objects: { taskManagerTrial: undefined } }]),
);
