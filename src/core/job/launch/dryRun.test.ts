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
  "includes the TaskManagers' pods if their template changed: %j",
  (spec) => expect(asked(spec)).toMatchObject([{ objects: { taskManagerTrial: trial } }]),
);

it.each([{ image: "flink:9" }, { jobManager: { podTemplate } }])(
  "sends no second request if it did not change: %j",
  (spec) => expect(asked(spec)).toMatchObject([{ objects: { taskManagerTrial: undefined } }]),
);
