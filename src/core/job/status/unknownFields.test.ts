import { expect, it } from "vitest";
import { withUnknownFields } from "./unknownFields.ts";

const text = 'unknown field "spec.template.spec.containers[0].livenessprobe"';
const entry = "Deployment job: spec.template.spec.containers[0].livenessprobe";

it("are in the status and in one Event", () => {
  const first = withUnknownFields({}, new Map([["job", [text]]]));
  expect(first.status).toEqual({ unknownFields: [entry] });
  expect(first.events).toEqual([
    expect.objectContaining({
      type: "Warning",
      reason: "UnknownFields",
      message: expect.stringContaining(entry),
    }),
  ]);
  expect(withUnknownFields(first.status, new Map([["job", [text]]]))).toEqual({
    status: first.status,
    events: [],
  });
});

it("stay while another Deployment is checked, and are removed with their template", () => {
  const status = { unknownFields: [entry] };
  expect(withUnknownFields(status, new Map([["job-taskmanager", []]]))).toEqual({ status, events: [] });
  expect(withUnknownFields(status, new Map([["job", []]]))).toEqual({ status: {}, events: [] });
});

it("are not reported if there are none", () => {
  const status = { lifecycleState: "STABLE" } as const;
  expect(withUnknownFields(status, new Map([["job", []]]))).toEqual({ status, events: [] });
});
