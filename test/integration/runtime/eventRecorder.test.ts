import { afterAll, beforeAll, expect, test } from "vitest";
import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import type { RequestRecord } from "../../../src/kube/transport.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { createEventRecorder, type EventToRecord } from "../../../src/runtime/eventRecorder.ts";
import { clientOf, createNamespace, sharedControlPlane } from "../../support/controlPlane.ts";
import { defineWidgets, newWidget, widget } from "../../support/widgets.ts";

const submit: EventToRecord = {
  component: "JobManagerDeployment",
  type: "Normal",
  reason: "Submit",
  message: "Starting deployment",
};

let client: KubeClient;
let about: KubeObject;
let namespace: string;
const requests: RequestRecord[] = [];
const errors: unknown[] = [];

beforeAll(async () => {
  client = clientOf(sharedControlPlane(), { onRequest: (record) => requests.push(record) });
  await defineWidgets(client);
  namespace = await createNamespace(client, "events");
  about = await client.create(widget, newWidget(namespace, "subject"));
});
afterAll(() => client.close());

const recorder = () =>
  createEventRecorder({ api: client, clock: systemClock, onError: (error) => errors.push(error) });

test("the API server accepts the events unchanged, and counts continue after a restart", async () => {
  requests.length = 0;
  const first = recorder();
  await first.record(about, submit);
  await first.record(about, submit);
  expect(requests.map((record) => `${record.method} ${record.status}`)).toEqual(["POST 201", "PATCH 200"]);
  await recorder().record(about, { ...submit, labels: { repeat: "ignored" } });
  expect(errors).toEqual([]);

  const { items } = await client.list(resourceTypes.event, {
    namespace,
    fieldSelector: `involvedObject.uid=${about.metadata.uid}`,
  });
  expect(items).toMatchObject([
    { reason: "Submit", type: "Normal", count: 3, involvedObject: { kind: "Widget" } },
  ]);
  expect(items[0]?.metadata.name).toMatch(/^JobManagerDeployment\.\d+$/);
});

test("an event that expired on the server is created again", async () => {
  const recording = recorder();
  const event = { ...submit, reason: "Suspended", message: "Suspending existing deployment." };
  await recording.record(about, event);
  const list = () => client.list(resourceTypes.event, { namespace, fieldSelector: "reason=Suspended" });
  const [made] = (await list()).items;
  await client.delete(resourceTypes.event, namespace, made?.metadata.name ?? "");
  await recording.record(about, event);
  expect((await list()).items).toMatchObject([{ count: 1 }]);
  expect(errors).toEqual([]);
});

test("recording in a deleted namespace reports the error and does not throw", async () => {
  const gone = { ...about, metadata: { ...about.metadata, namespace: "no-such-namespace" } };
  await recorder().record(gone, submit);
  expect(errors).toMatchObject([{ status: 404 }]);
});
