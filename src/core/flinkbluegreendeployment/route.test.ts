import { describe, expect, test } from "vitest";
import type { FlinkBlueGreenDeploymentStatus } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import {
  aChild,
  activeBlue,
  aResource,
  at,
  decide,
  kinds,
  now,
  one,
  reconciled,
  someFacts,
  toGreen,
  two,
} from "./decide.fixture.ts";
import { decideBlueGreen } from "./decide.ts";
import type { Facts } from "./facts.ts";
import { formatStoredSpec } from "./storedSpec.ts";

describe("spec.ingress", () => {
  const ingress = { template: "{{name}}.example.com" };
  const withIngress = (status: FlinkBlueGreenDeploymentStatus) => {
    const resource = aResource(two, status);
    return { ...resource, spec: { ...resource.spec, ingress } };
  };
  const unread = { unknown: undefined, found: undefined, answered: undefined };
  const routes = { Ingress: unread, HTTPRoute: unread };
  const children = { BLUE: aChild("BLUE", one), GREEN: aChild("GREEN", two) };
  const backend = /"name":"app-(blue|green)-rest"/;

  test("leads to the new side before the old one is deleted", () => {
    const ready = decide(withIngress({ ...toGreen, deploymentReadyTimestamp: at(-1) }), children, { routes });
    expect(kinds(ready.actions)).toEqual(["apply-route", "delete-child"]);
    expect(backend.exec(JSON.stringify(ready.actions))?.[1]).toBe("green");
    const starting = { ...children, GREEN: aChild("GREEN", two, { status: {} }) };
    const { actions, independent } = decide(withIngress(toGreen), starting, { routes });
    expect([...actions, ...independent]).toEqual([]);
  });

  test("is kept beside what else is done, and stops nothing if it is refused", () => {
    const input = {
      resource: withIngress({ ...activeBlue, ...reconciled(two) }),
      facts: someFacts({ BLUE: aChild("BLUE", two) }, { routes }),
      now,
    };
    expect(backend.exec(JSON.stringify(decideBlueGreen(input).independent))?.[1]).toBe("blue");
    const { status, events } = decideBlueGreen({ ...input, refusal: "no" });
    expect(status.error).toBe("no");
    expect(events).toMatchObject([{ type: "Warning", reason: "IngressManagement" }]);
    const again = decideBlueGreen({ ...input, resource: withIngress(status), refusal: "no" });
    expect(again).toMatchObject({ status, events: [], requeueAfterMs: 15_000 });
    expect(decideBlueGreen({ ...input, resource: withIngress(status) }).status.error).toBeUndefined();
  });

  describe("that cannot be moved", () => {
    const refusal = "spec.ingress: the Ingress was refused: host is taken";
    const refused = (status: FlinkBlueGreenDeploymentStatus, found: Facts["children"] = children) =>
      decideBlueGreen({ resource: withIngress(status), facts: someFacts(found, { routes }), now, refusal });

    test("keeps the old side, and has the new one given up in its time", () => {
      const waiting = refused(toGreen);
      expect([...waiting.actions, ...waiting.independent]).toEqual([]);
      expect(waiting).toMatchObject({
        status: { blueGreenState: "TRANSITIONING_TO_GREEN", error: refusal },
        requeueAfterMs: 15_000,
      });
      const late = refused({ ...toGreen, abortTimestamp: at(-1) });
      expect(late.actions).toMatchObject([
        { kind: "patch-child", name: "app-green", spec: { job: { state: "suspended" } } },
      ]);
      expect(late.status.blueGreenState).toBe("ACTIVE_BLUE");
      expect(late.status.error).toMatch(/^Aborting deployment 'app-green'.*: spec.ingress: .*host is taken$/);
    });

    test("stops neither an only side nor one that it led to already", () => {
      const only = refused({ ...toGreen, deploymentReadyTimestamp: undefined }, { GREEN: children.GREEN });
      expect(only).toMatchObject({ actions: [], status: { blueGreenState: "ACTIVE_GREEN", error: refusal } });
      const moved = refused({ ...toGreen, deploymentReadyTimestamp: at(-1) });
      expect(kinds(moved.actions)).toEqual(["delete-child"]);
      expect(moved.status).toMatchObject({ blueGreenState: "ACTIVE_GREEN", error: refusal });
    });
  });

  test("is moved as it was last acted on while the spec is refused, and stays where that is not known", () => {
    const invalid = { field: "spec.configuration", message: "no" };
    const ready = { ...toGreen, deploymentReadyTimestamp: at(-1) };
    const known = { ...ready, lastReconciledSpec: formatStoredSpec({ template: { spec: two }, ingress }) };
    const moved = decide(withIngress(known), children, { routes, invalid });
    expect(kinds(moved.actions)).toEqual(["apply-route", "delete-child"]);
    expect(backend.exec(JSON.stringify(moved.actions))?.[1]).toBe("green");
    expect(decide(withIngress(toGreen), children, { routes, invalid })).toMatchObject({
      actions: [],
      status: {
        blueGreenState: "TRANSITIONING_TO_GREEN",
        deploymentReadyTimestamp: toGreen.deploymentReadyTimestamp,
      },
    });
  });

  test("leads to the old side again when an edit restarts the new one in the deletion delay", () => {
    const status = { ...toGreen, ...reconciled(one), deploymentReadyTimestamp: at(-1) };
    const { actions } = decide(withIngress(status), { ...children, GREEN: aChild("GREEN", one) }, { routes });
    expect(kinds(actions)).toEqual(["apply-route", "patch-child"]);
    expect(backend.exec(JSON.stringify(actions))?.[1]).toBe("blue");
  });
});
