import { expect, it } from "vitest";
import { diffSpec } from "../../diff/diff.ts";
import { aSituation, aSpec } from "../situation.fixture.ts";
import { dryRun, dryRunTaskManagers } from "./dryRun.ts";

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

const first = (more: object = {}) =>
  dryRunTaskManagers(
    aSituation({ build: () => ({ ...build(), ...more }), deployed: undefined, diff: undefined }),
  );

it("validates only the TaskManagers before the first JobManager is created", () => {
  expect(first()).toMatchObject([
    { kind: "dry-run", only: "TaskManagers", objects: { taskManagerTrial: trial } },
  ]);
});

it("makes no request if the TaskManagers have no template", () => {
  expect(first({ taskManagerTrial: undefined })).toEqual([]);
});

it("validates the Deployment of a standalone cluster's TaskManagers", () => {
  const taskManagers = { metadata: { name: "job-taskmanager" } };
  expect(first({ taskManagerTrial: undefined, taskManagers })).toMatchObject([{ objects: { taskManagers } }]);
});

it("validates again if the template is edited before the cluster exists", () => {
  const edited = (spec: object) =>
    dryRunTaskManagers(aSituation({ build, diff: diffSpec(aSpec, { ...aSpec, ...spec }) }));
  expect(edited({ podTemplate })).toMatchObject([{ only: "TaskManagers" }]);
  expect(edited({ image: "flink:9" })).toEqual([]);
});
