import { describe, expect, it } from "vitest";
import { formatReview, readReview } from "./review.ts";

const request = {
  uid: "1-2-3",
  kind: { group: "flink.apache.org", version: "v1beta1", kind: "FlinkDeployment" },
  operation: "CREATE",
  object: { metadata: { name: "a" }, spec: { restartNonce: 1 } },
};
const review = (changes: object = {}, more: object = {}) =>
  JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: { ...request, ...changes },
    ...more,
  });

describe("a parsed review", () => {
  it("has the request, with all digits of integers", () => {
    const text = review().replace('"restartNonce":1', '"restartNonce":12345678901234567');
    expect(readReview(text)).toEqual({
      ...request,
      subResource: undefined,
      oldObject: undefined,
      object: { metadata: { name: "a" }, spec: { restartNonce: 12345678901234567n } },
    });
  });

  it("treats empty and null fields, as Go writes them, as absent", () => {
    expect(readReview(review({ subResource: "", object: null, operation: "DELETE" }))).toMatchObject({
      subResource: undefined,
      object: undefined,
    });
  });

  it.each([
    ["", "the body is not JSON"],
    ["{", "the body is not JSON"],
    ["null", "the body must be an object"],
    ["[]", "the body must be an object"],
    ["{}", "kind must be AdmissionReview, not absent"],
    [review({}, { kind: "Pod" }), 'kind must be AdmissionReview, not "Pod"'],
    [
      review({}, { apiVersion: "admission.k8s.io/v1beta1" }),
      'apiVersion must be admission.k8s.io/v1, not "admission.k8s.io/v1beta1": set admissionReviewVersions to ["v1"]',
    ],
    [review({}, { request: undefined }), "request must be an object"],
    [review({ uid: 1 }), "request.uid must be a text"],
    [review({ kind: "FlinkDeployment" }), "request.kind must be an object"],
    [review({ kind: {} }), "request.kind must have the texts group, version and kind"],
    [
      review({ operation: "PATCH" }),
      'request.operation must be one of CREATE, UPDATE, DELETE, CONNECT, not "PATCH"',
    ],
    [review({ object: 1 }), "request.object must be an object"],
    [review({ object: {} }), "request.object.metadata must be an object"],
  ])("%s is not a review", (text, message) => {
    expect(() => readReview(text)).toThrow(message);
  });
});

describe("a response", () => {
  const answerTo = (answer: Parameters<typeof formatReview>[1]) =>
    JSON.parse(formatReview("u", answer)).response;

  it("has no patch if nothing changes", () => {
    expect(answerTo({ allowed: true, patch: [], warnings: [] })).toEqual({ uid: "u", allowed: true });
  });

  it("has the patch in the format of the API server", () => {
    const { patchType, patch } = answerTo({
      allowed: true,
      patch: [{ op: "add", path: "/metadata/labels", value: { a: "b" } }],
    });
    expect(patchType).toBe("JSONPatch");
    expect(JSON.parse(Buffer.from(patch, "base64").toString())).toEqual([
      { op: "add", path: "/metadata/labels", value: { a: "b" } },
    ]);
  });

  it("names every invalid field, in the message and as causes", () => {
    const errors = [
      { field: "spec.job", message: "must be set" },
      { field: "spec.image", message: "is none" },
    ] as const;
    expect(answerTo({ allowed: false, errors: [...errors] })).toEqual({
      uid: "u",
      allowed: false,
      status: {
        status: "Failure",
        code: 422,
        reason: "Invalid",
        message: "spec.job: must be set; spec.image: is none",
        details: {
          causes: errors.map((error) => ({ reason: "FieldValueInvalid", ...error })),
        },
      },
    });
  });

  it("limits the length and number of warnings, since they become headers", () => {
    const { warnings } = answerTo({
      allowed: true,
      warnings: Array.from({ length: 100 }, () => `a\n${"b".repeat(1_000)}`),
    });
    expect(warnings.length).toBe(12);
    expect(warnings[0]).toMatch(/^a b+…$/);
    expect(warnings.join("").length).toBeLessThan(4_096);
  });
});
