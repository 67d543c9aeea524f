import { describe, expect, test } from "vitest";
import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import {
  aChild,
  activeBlue,
  aResource,
  at,
  now,
  one,
  reconciled,
  someFacts,
  stable,
  template,
  two,
} from "../../flinkbluegreendeployment/decide.fixture.ts";
import type { Facts } from "../../flinkbluegreendeployment/facts.ts";
import { assumedBlueGreenStart } from "./assumedStart.ts";
import type { BlueGreenStart } from "./foresee.ts";
import { planOfBlueGreen } from "./plan.ts";

const settings = {
  restPort: 8081,
  managesIngress: true,
  reactive: false,
  savepointDirectory: "s3://sp",
  savepointFormat: "CANONICAL",
  checkpointType: "FULL",
} as const;
const before = { ...activeBlue, ...reconciled(one), observedGeneration: 2 };
const routes = { Ingress: {}, HTTPRoute: {} };

interface Edit {
  readonly status?: object;
  readonly children?: Facts["children"];
  readonly configuration?: Readonly<Record<string, string>>;
  readonly invalid?: Facts["invalid"];
}

const startOf = (wanted: FlinkDeploymentSpec, { status = before, ...more }: Edit = {}): BlueGreenStart => {
  const resource = aResource(wanted, status);
  const { configuration = {}, children = { BLUE: aChild("BLUE", one) } } = more;
  return {
    resource: {
      ...resource,
      spec: { ...resource.spec, configuration, ingress: { template: "{{name}}.example.com" } },
    },
    facts: someFacts(children, { routes }),
    now,
    validityOf: () => ({ invalid: more.invalid, keepsStateOnDeletion: false }),
    settingsOf: () => settings,
  };
};
const planned = (wanted: FlinkDeploymentSpec, edit?: Edit) => planOfBlueGreen(startOf(wanted, edit));
const steps = (plan: ReturnType<typeof planned>) =>
  plan.steps.map(({ what, of = "" }) => `${what} ${of}`.trim());

describe("the plan of a FlinkBlueGreenDeployment", () => {
  test("names the acts of a transition in order", () => {
    const plan = planned(two);

    expect(steps(plan)).toEqual([
      "take savepoint s3://sp",
      "apply route Ingress app",
      "create FlinkDeployment app-green",
      "apply route Ingress app",
      "delete FlinkDeployment app-blue",
    ]);
    expect(plan).toMatchObject({
      kind: "FlinkBlueGreenDeployment",
      effect: "replace",
      disruptive: true,
      changes: [
        { field: "spec.template.spec.image", before: "flink:1", after: "flink:2", effect: "upgrade" },
        { field: "spec.ingress" },
      ],
      restore: { from: "a savepoint that the job takes while it runs on" },
      touches: [expect.stringContaining("twice the CPU")],
    });
    expect(plan.refused).toBeUndefined();
  });

  test.each([
    ["empty, if it has no state", template({ upgradeMode: "stateless" }, { image: "flink:2" }), undefined],
    [
      "from the path that the user names",
      template({ initialSavepointPath: "s3://old", savepointRedeployNonce: 1 }),
      { from: "s3://old", refused: [] },
    ],
  ])("starts the new job %s", (_, wanted, restore) => {
    const plan = planned(wanted);

    expect(plan.effect).toBe("replace");
    expect(plan.restore).toEqual(restore);
    expect(steps(plan)).not.toContain("take savepoint s3://sp");
  });

  test("goes through a verification and the time that the old side stays", () => {
    const key = "kubernetes.operator.bluegreen.";
    const plan = planned(two, {
      configuration: {
        [`${key}verification.running-time`]: "20 min",
        [`${key}verification.min-checkpoints`]: "7",
        [`${key}verification.max-lag-factor`]: "2",
        [`${key}verification.expression`]: "new.failures == 0",
        [`${key}deployment-deletion.delay`]: "2 h",
        [`${key}rollback.time`]: "1 d",
      },
    });

    expect(plan.effect).toBe("replace");
    expect(steps(plan).slice(-3)).toEqual([
      "apply route Ingress app",
      "change FlinkDeployment app-blue",
      "delete FlinkDeployment app-blue",
    ]);
    expect(plan.risks).toContainEqual(expect.stringContaining("or is not verified"));
  });

  test.each([
    ["new.recordsPerSecond >= 1000.0 && new.pendingRecords > 5"],
    ["old.pendingRecords > 100 && new.jobState == 'FINISHED'"],
  ])("takes what is compared as asked for, and names it as a risk: %s", (expression) => {
    const plan = planned(two, {
      configuration: { "kubernetes.operator.bluegreen.verification.expression": expression },
    });

    expect(steps(plan).at(-1)).toBe("delete FlinkDeployment app-blue");
    expect(plan.refused).toBeUndefined();
    expect(plan.restore).toEqual({ from: "a savepoint that the job takes while it runs on", refused: [] });
    expect(plan.risks).toContainEqual(expect.stringContaining("by what the verification compares"));
  });

  test("names what a transition starts from that is given up", () => {
    const plan = planned(two, {
      configuration: {
        "kubernetes.operator.bluegreen.verification.min-checkpoints": "1000000",
        "kubernetes.operator.bluegreen.verification.timeout": "1 ms",
        "kubernetes.operator.bluegreen.verification.running-time": "1 min",
      },
    });

    expect(plan.refused).toMatch(/Aborting/);
    expect(plan.restore?.from).toBe("a savepoint that the job takes while it runs on");
  });

  test("of an edit during a transition restarts the job that is under way, where no other is known", () => {
    const { resource } = startOf(template({}, { image: "flink:3" }), {
      status: {
        ...before,
        ...reconciled(two),
        blueGreenState: "TRANSITIONING_TO_GREEN",
        abortTimestamp: at(1),
      },
    });
    const specBefore = { ...resource.spec, template: { spec: two } };
    const start = assumedBlueGreenStart(resource, () => settings, now);

    expect(planOfBlueGreen({ ...start, specBefore })).toMatchObject({ effect: "restart", disruptive: true });
  });

  test("decides on each moment once", () => {
    const start = startOf(two);
    let created = 0;
    planOfBlueGreen({
      ...start,
      settingsOf: () => {
        created++;
        return settings;
      },
    });

    expect(created).toBe(1);
  });

  test("says that a person is waited for, and what follows", () => {
    const plan = planned(two, { configuration: { "kubernetes.operator.bluegreen.promote": "manual" } });

    expect(plan.waitsFor).toMatch(/promote app$/);
    expect(steps(plan).at(-1)).toBe("delete FlinkDeployment app-blue");
  });

  test("of an edit that restarts nothing is in place", () => {
    const plan = planned(template({ upgradeMode: "last-state" }));

    expect(plan).toMatchObject({ effect: "in place", disruptive: false });
    expect(steps(plan)).toContain("change FlinkDeployment app-blue");
  });

  test("of a suspension stops the job, and of its end starts it", () => {
    const suspended = template({ state: "suspended" });
    const status = { ...before, jobStatus: { state: "SUSPENDED" }, ...reconciled(suspended) };
    const child = aChild("BLUE", suspended, { status: { ...stable, lifecycleState: "SUSPENDED" } });

    expect(planned(suspended)).toMatchObject({ effect: "stop", disruptive: true });
    expect(planned(one, { status, children: { BLUE: child } }).effect).toBe("start");
    expect(
      planned(template({ state: "suspended" }, { image: "flink:2" }), { status, children: { BLUE: child } })
        .effect,
    ).toBe("when resumed");
  });

  test("of a new one starts it", () => {
    const plan = planned(one, { status: {}, children: {} });

    expect(plan).toMatchObject({ effect: "start", disruptive: false });
    expect(steps(plan)).toEqual(["create FlinkDeployment app-blue", "apply route Ingress app"]);
  });

  test("of no edit does nothing", () => {
    const start = { ...startOf(one), facts: someFacts({ BLUE: aChild("BLUE", one) }) };
    const plan = planOfBlueGreen({ ...start, specBefore: start.resource.spec });

    expect(plan).toMatchObject({ effect: "nothing", steps: [], changes: [] });
  });

  test("names why an edit is refused, or what it waits for", () => {
    const invalid = { field: "spec.template.spec.image", message: "must be set" };
    const broken = aChild("BLUE", one, { status: { lifecycleState: "DEPLOYED" } });

    expect(planned(two, { invalid })).toMatchObject({
      effect: "refused",
      disruptive: false,
      refused: "spec.template.spec.image: must be set",
    });
    expect(planned(two, { children: { BLUE: broken } })).toMatchObject({
      effect: "waits",
      refused: expect.stringContaining("not READY"),
    });
  });

  test("goes on from a transition that is under way", () => {
    const status = {
      ...before,
      ...reconciled(two),
      blueGreenState: "TRANSITIONING_TO_GREEN",
      jobStatus: { state: "RECONCILING" },
      abortTimestamp: at(60_000),
    };
    const children = { BLUE: aChild("BLUE", one), GREEN: aChild("GREEN", two) };

    expect(steps(planned(two, { status, children })).at(-1)).toBe("delete FlinkDeployment app-blue");
  });

  test("of one that cannot be seen is the same, from what the status says", () => {
    const { resource } = startOf(two);
    const assumed = planOfBlueGreen(assumedBlueGreenStart(resource, () => settings, now));
    const seen = planned(two);

    expect(steps(assumed)).toEqual(steps(seen).filter((step) => !step.includes("route")));
    expect([assumed.effect, assumed.restore]).toEqual([seen.effect, seen.restore]);
  });
});
