import { X509Certificate } from "node:crypto";
import { afterEach, expect, it } from "vitest";
import { type FakeClock, fakeClock } from "../../../test/support/fakeClock.ts";
import { type KubeObject, type ResourceType, resourceTypes } from "../../api/kubernetes.ts";
import type { KubeApi, WatchEvent } from "../../kube/api.ts";
import { KubeError } from "../../kube/errors.ts";
import { createLogger } from "../../telemetry/log.ts";
import { createCertificateManager } from "./certificateManager.ts";
import type { RotationPolicy } from "./decideStep.ts";
import { issueCertificate, type KeyedCertificate } from "./issue.ts";
import { base64 } from "./secret.ts";

const minute = 60_000;
const hour = 60 * minute;
const policy: RotationPolicy = { validity: 90 * hour, renewBefore: 30 * hour, settle: hour };
const hosts = ["webhook.flink.svc"];
const configurationName = "webhooks";

/** A fake API server with objects, versions, watches, and writes that can fail. */
function fakeApi() {
  const objects = new Map<string, KubeObject>();
  const listeners = new Set<() => void>();
  const log: { type: ResourceType; event: WatchEvent }[] = [];
  let version = 0;
  const writes: string[] = [];
  let refusal: KubeError | undefined;

  const keyOf = (type: ResourceType, { name, namespace = "" }: { name: string; namespace?: string }) =>
    `${type.kind} ${namespace}/${name}`;

  function store(type: ResourceType, object: KubeObject, by = ""): KubeObject {
    const key = keyOf(type, object.metadata);
    const known = objects.get(key);
    version += 1;
    const metadata = { ...object.metadata, uid: known?.metadata.uid ?? key, resourceVersion: `${version}` };
    const stored = { ...object, metadata };
    objects.set(key, stored);
    log.push({ type, event: { type: known === undefined ? "ADDED" : "MODIFIED", object: stored } });
    for (const wakeUp of listeners) wakeUp();
    if (by !== "") writes.push(`${by} ${key}`);
    return stored;
  }

  const api = {
    newestVersion: async () => `${version}`,
    async *watch(type, { namespace, fieldSelector }, signal): AsyncGenerator<WatchEvent> {
      const selected = (object: KubeObject) =>
        fieldSelector === `metadata.name=${object.metadata.name}` &&
        (namespace === undefined || object.metadata.namespace === namespace);
      let position = log.length;
      for (const [key, object] of objects)
        if (key.startsWith(`${type.kind} `) && selected(object)) yield { type: "ADDED", object };
      yield { type: "BOOKMARK", resourceVersion: `${version}`, initialEventsEnd: true };
      while (!signal.aborted) {
        const next = log[position];
        if (next === undefined) {
          await new Promise<void>((resolve) => {
            listeners.add(resolve);
            signal.addEventListener("abort", () => resolve(), { once: true });
          });
          continue;
        }
        position += 1;
        const { object } = next.event as { object: KubeObject };
        if (next.type === type && selected(object)) yield next.event;
      }
    },
    async create(type, object) {
      if (objects.has(keyOf(type, object.metadata))) throw new KubeError(409, "AlreadyExists", "is there");
      return store(type, object, "create");
    },
    async mergePatch(type, namespace, name, patch) {
      const known = objects.get(keyOf(type, { name, namespace }));
      if (known === undefined) throw new KubeError(404, "NotFound", "is not there");
      const { metadata, data } = patch as {
        metadata: KubeObject["metadata"];
        data: Record<string, string | null>;
      };
      if (metadata.resourceVersion !== known.metadata.resourceVersion)
        throw new KubeError(409, "Conflict", "has changed");
      const merged = Object.entries({ ...(known.data as object), ...data }).filter(
        ([, value]) => value !== null,
      );
      const annotations = { ...known.metadata.annotations, ...metadata.annotations };
      return store(
        type,
        { ...known, metadata: { ...known.metadata, annotations }, data: Object.fromEntries(merged) },
        "patch",
      );
    },
    async apply(type, object) {
      if (refusal !== undefined) throw refusal;
      const known = objects.get(keyOf(type, object.metadata));
      if (known === undefined || known.metadata.uid !== object.metadata.uid)
        throw new KubeError(409, "Conflict", "is not there");
      const applied = object.webhooks as { name: string }[];
      const webhooks = (known.webhooks as { name: string }[]).map((each) => ({
        ...each,
        ...applied.find(({ name }) => name === each.name),
      }));
      return store(type, { ...known, webhooks }, "apply");
    },
  } as Partial<KubeApi> as KubeApi;

  return {
    api,
    writes,
    /** The configurations as the chart creates them. */
    install(...types: readonly ResourceType[]) {
      for (const type of types)
        store(type, { metadata: { name: configurationName }, webhooks: [{ name: "a", clientConfig: {} }] });
    },
    refuse(error: KubeError | undefined) {
      refusal = error;
    },
    bundle(type: ResourceType = resourceTypes.validatingWebhookConfiguration): string {
      const webhooks = objects.get(keyOf(type, { name: configurationName }))?.webhooks;
      const [first] = (webhooks ?? []) as { clientConfig: { caBundle?: string } }[];
      return Buffer.from(first?.clientConfig.caBundle ?? "", "base64").toString();
    },
    secret: () => objects.get(keyOf(resourceTypes.secret, { name: "certificate", namespace: "flink" })),
  };
}

const both = [
  resourceTypes.validatingWebhookConfiguration,
  resourceTypes.mutatingWebhookConfiguration,
] as const;
const ending = new Set<AbortController>();

afterEach(() => {
  for (const each of ending) each.abort();
  ending.clear();
});

/** Certificates that are being issued. That takes real time, during which the fake clock stands still. */
const issuing = new Set<Promise<KeyedCertificate>>();

async function issued(clock: FakeClock): Promise<void> {
  do {
    await Promise.all(issuing);
    await clock.settle();
  } while (issuing.size > 0);
}

async function advance(clock: FakeClock, ms: number): Promise<void> {
  const end = clock.now() + ms;
  await issued(clock);
  while ((clock.waiting()[0] ?? Number.POSITIVE_INFINITY) <= end - clock.now()) {
    await clock.advanceToNext();
    await issued(clock);
  }
  await clock.advance(end - clock.now());
}

interface Replica {
  readonly served: KeyedCertificate[];
  readonly current: () => KeyedCertificate | undefined;
}

function startReplica(api: KubeApi, clock: FakeClock, rotation = policy): Replica {
  const served: KeyedCertificate[] = [];
  const end = new AbortController();
  ending.add(end);
  void createCertificateManager({
    kube: api,
    clock,
    log: createLogger({ level: "silent" }),
    namespace: "flink",
    secretName: "certificate",
    hosts,
    configurationName,
    onCertificate: (certificate) => served.push(certificate),
    policy: rotation,
    issue(hosts, validity) {
      const issue = issueCertificate(hosts, validity);
      issuing.add(issue);
      return issue.finally(() => issuing.delete(issue));
    },
    random: () => 0.5,
  }).run(end.signal);
  return { served, current: () => served.at(-1) };
}

const verified = new Map<string, boolean>();

/** The API server's check at a call: whether an authority that it knows has issued the served certificate. */
function trusts(bundle: string, certificate: string, now: number): boolean {
  const key = `${bundle} ${certificate}`;
  if (!verified.has(key)) {
    const pems = bundle.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    const served = new X509Certificate(certificate);
    verified.set(
      key,
      pems.some((pem) => served.verify(new X509Certificate(pem).publicKey)),
    );
  }
  const { validFrom, validTo } = new X509Certificate(certificate);
  return verified.get(key) === true && Date.parse(validFrom) <= now && now < Date.parse(validTo);
}

/** Advances the time while an API server with a lag of `lagMs` calls both replicas. Counts failed calls. */
async function callAllTheTime(rotation: RotationPolicy, hours: number, lagMs: number) {
  const fake = fakeApi();
  const clock = fakeClock();
  fake.install(...both);
  const replicas = [startReplica(fake.api, clock, rotation), startReplica(fake.api, clock, rotation)];
  await advance(clock, minute);
  const known: { at: number; bundle: string }[] = [{ at: clock.now() - lagMs, bundle: fake.bundle() }];
  let refused = 0;
  for (const end = clock.now() + hours * hour; clock.now() < end; ) {
    await advance(clock, 4 * minute);
    known.push({ at: clock.now(), bundle: fake.bundle() });
    while ((known[1]?.at ?? Number.POSITIVE_INFINITY) <= clock.now() - lagMs) known.shift();
    for (const { current } of replicas)
      if (!trusts(known[0]?.bundle ?? "", current()?.certificate ?? "", clock.now())) refused += 1;
  }
  return { refused, replicas, fake };
}

it("makes two replicas share one certificate, in the Secret and in both configurations", async () => {
  const fake = fakeApi();
  const clock = fakeClock();
  fake.install(...both);
  const replicas = [startReplica(fake.api, clock), startReplica(fake.api, clock)];
  await advance(clock, minute);
  const [first, second] = replicas.map(({ served }) => served);
  expect(first).toHaveLength(1);
  expect(second).toEqual(first);
  for (const type of both) expect(fake.bundle(type)).toBe(first?.[0]?.authority);
  expect(fake.secret()).toMatchObject({ type: "kubernetes.io/tls" });
});

it("renews it in time, without failed calls", async () => {
  const { refused, replicas, fake } = await callAllTheTime(policy, 200, 5 * minute);
  expect(refused).toBe(0);
  for (const { served } of replicas) expect(served).toHaveLength(4);
  // Two authorities are trusted only during a rotation.
  expect(fake.bundle().match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
});

it("needs the settle time: without it this test has failed calls", async () => {
  const { refused } = await callAllTheTime({ ...policy, settle: 0 }, 65, 5 * minute);
  expect(refused).toBeGreaterThan(0);
});

it("writes nothing while no step is due", async () => {
  const fake = fakeApi();
  const clock = fakeClock();
  fake.install(...both);
  startReplica(fake.api, clock);
  await advance(clock, minute);
  const before = fake.writes.length;
  await advance(clock, 50 * hour);
  expect(fake.writes.length).toBe(before);
});

it("updates a reinstalled configuration at once, and one that is created later", async () => {
  const fake = fakeApi();
  const clock = fakeClock();
  fake.install(both[0]);
  const { current } = startReplica(fake.api, clock);
  await advance(clock, minute);
  fake.install(...both);
  expect(fake.bundle()).toBe("");
  await issued(clock);
  await advance(clock, 0);
  for (const type of both) expect(fake.bundle(type)).toBe(current()?.authority);
});

it("serves while it cannot write the configurations, and does not switch to an untrusted certificate", async () => {
  const fake = fakeApi();
  const clock = fakeClock();
  fake.install(...both);
  const { served } = startReplica(fake.api, clock);
  await advance(clock, minute);
  fake.refuse(new KubeError(403, "Forbidden", "no"));
  await advance(clock, 70 * hour);
  expect(served).toHaveLength(1);
  fake.refuse(undefined);
  await advance(clock, 40 * minute);
  expect(served).toHaveLength(1);
  await advance(clock, hour);
  expect(served).toHaveLength(2);
});

it("issues a new one if the old one has expired or the Secret is damaged", async () => {
  const fake = fakeApi();
  const clock = fakeClock();
  fake.install(...both);
  startReplica(fake.api, clock);
  await advance(clock, minute);
  for (const each of ending) each.abort();
  await advance(clock, 100 * hour);
  const late = startReplica(fake.api, clock);
  await advance(clock, minute);
  expect(trusts(fake.bundle(), late.current()?.certificate ?? "", clock.now())).toBe(true);

  const { metadata } = fake.secret() ?? { metadata: { name: "", resourceVersion: "" } };
  const { resourceVersion } = metadata;
  const data = { "tls.key": base64("nonsense") };
  await fake.api.mergePatch(resourceTypes.secret, "flink", "certificate", {
    metadata: { resourceVersion },
    data,
  });
  await issued(clock);
  await advance(clock, minute);
  expect(late.served).toHaveLength(2);
  expect(trusts(fake.bundle(), late.current()?.certificate ?? "", clock.now())).toBe(true);
});
