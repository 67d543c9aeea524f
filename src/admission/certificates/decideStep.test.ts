import { beforeAll, describe, expect, it } from "vitest";
import { decideStep, type RotationFacts, rotationPolicy, type StoredCertificates } from "./decideStep.ts";
import { issueCertificate, type KeyedCertificate } from "./issue.ts";

const day = 86_400_000;
const from = Date.UTC(2026, 0, 1);
const hosts = ["webhook.flink.svc"];
const end = from + 90 * day;

let current: KeyedCertificate;
let next: KeyedCertificate;

beforeAll(async () => {
  current = await issueCertificate(hosts, { notBefore: from, notAfter: end });
  next = await issueCertificate(hosts, { notBefore: from + 60 * day, notAfter: from + 150 * day });
});

const step = (stored: Partial<StoredCertificates>, facts: Partial<RotationFacts>) =>
  decideStep(
    {
      stored: { current, next: undefined, since: from, trustsPrevious: false, ...stored },
      hosts,
      published: true,
      now: from,
      ...facts,
    },
    rotationPolicy,
  );

describe("a certificate that ends soon", () => {
  const announcedAt = from + 60 * day;
  const settled = announcedAt + rotationPolicy.settle;
  const announced = (facts: Partial<RotationFacts>) =>
    step({ next, since: announcedAt, trustsPrevious: true }, facts);

  it("has its successor announced thirty days before", () => {
    expect(step({}, { now: announcedAt - 1 })).toEqual({ kind: "keep", until: announcedAt });
    expect(step({}, { now: announcedAt })).toEqual({ kind: "announce" });
  });

  it("gives way once everybody may have seen the new authority", () => {
    expect(announced({ now: settled - 1 })).toEqual({ kind: "keep", until: settled });
    expect(announced({ now: settled })).toEqual({ kind: "switch" });
  });

  it("stays while a webhook configuration does not trust the new authority", () => {
    expect(announced({ now: settled, published: false })).toEqual({ kind: "keep", until: end });
  });
});

it("the previous authority is forgotten once everybody serves the new certificate", () => {
  const switched = (now: number) => step({ current, since: from, trustsPrevious: true }, { now });
  expect(switched(from)).toEqual({ kind: "keep", until: from + rotationPolicy.settle });
  expect(switched(from + rotationPolicy.settle)).toEqual({ kind: "forget" });
});

it("without a usable certificate a new one is issued", () => {
  expect(step({}, { stored: undefined })).toEqual({ kind: "issue" });
  expect(step({}, { now: end })).toEqual({ kind: "issue" });
  expect(step({}, { hosts: ["elsewhere.flink.svc"] })).toEqual({ kind: "issue" });
});
