import { type KubeObject, type ResourceType, resourceTypes } from "../../api/kubernetes.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isAlreadyExists, isConflict } from "../../kube/errors.ts";
import { type Backoff, backoffDelay } from "../../runtime/backoff.ts";
import { type Clock, sleep } from "../../runtime/clock.ts";
import { createStore, type Store } from "../../runtime/store.ts";
import { createWatcher } from "../../runtime/watcher.ts";
import type { Logger } from "../../telemetry/log.ts";
import { decideStep, isUsable, type RotationPolicy, rotationPolicy, type Step } from "./decideStep.ts";
import type { KeyedCertificate, Validity } from "./issue.ts";
import { base64, type CertificateState, readSecret, secretChanges } from "./secret.ts";

export interface CertificateManagerOptions {
  readonly kube: KubeApi;
  readonly clock: Clock;
  readonly log: Logger;
  /** The namespace of the Secret and of the Service. */
  readonly namespace: string;
  readonly secretName: string;
  /** The host names by which the API server calls the webhook. */
  readonly hosts: readonly string[];
  /** The name of the ValidatingWebhookConfiguration and of the MutatingWebhookConfiguration. Others are ignored. */
  readonly configurationName: string;
  /** Called with each new certificate to serve. */
  onCertificate(certificate: KeyedCertificate): void;
  readonly policy?: RotationPolicy;
  /** Issues a certificate for these host names. */
  readonly issue?: (hosts: readonly string[], validity: Validity) => Promise<KeyedCertificate>;
  readonly random?: () => number;
}

export interface CertificateManager {
  /** Runs until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

const backoff: Backoff = { floorMs: 500, capMs: 30_000, factor: 2 };
/** Node's timers are limited to 24 days. */
const maxSleepMs = 86_400_000;
/** Tolerance for clock skew. */
const skewMs = 300_000;

/** The library is loaded only when a certificate is issued, once in two months, by one replica. */
const loadAndIssue: NonNullable<CertificateManagerOptions["issue"]> = async (hosts, validity) =>
  (await import("./issue.ts")).issueCertificate(hosts, validity);

const configurationTypes = [
  resourceTypes.validatingWebhookConfiguration,
  resourceTypes.mutatingWebhookConfiguration,
] as const;

/**
 * Issues and renews the server's own certificate in a Secret, and publishes the trusted authorities in the webhook
 * configurations. Every replica runs one. The first replica takes a step; those of the others fail on the Secret's
 * resourceVersion.
 */
export function createCertificateManager(options: CertificateManagerOptions): CertificateManager {
  const { kube, clock, log, namespace, secretName, hosts, configurationName } = options;
  const { policy = rotationPolicy, random = Math.random, issue = loadAndIssue } = options;
  const secrets = createStore({ project: (object) => object });
  const configurations = configurationTypes.map((type) => ({
    type,
    store: createStore({ project: (object) => object }),
  }));
  let wakeUp: () => void = () => {};
  let served = "";

  function watch(
    type: ResourceType,
    store: Store<KubeObject>,
    name: string,
    of: string,
    signal: AbortSignal,
  ): void {
    const watcher = createWatcher({
      api: kube,
      type,
      feed: store.feed(of === "" ? undefined : of),
      clock,
      random,
      selection: { ...(of === "" ? {} : { namespace: of }), fieldSelector: `metadata.name=${name}` },
      onReport({ error, from, to }) {
        if (error !== undefined) log.warn({ type: type.kind, name, error, from, to }, "a watch broke");
        else wakeUp();
      },
    });
    store.subscribe(() => wakeUp());
    watcher.run(signal).catch((error: unknown) => log.fatal({ error, type: type.kind }, "a watch ended"));
  }

  function serve(certificate: KeyedCertificate): void {
    if (served === certificate.certificate) return;
    served = certificate.certificate;
    options.onCertificate(certificate);
  }

  /** Writes the bundle to all existing configurations. Resolves to whether any has changed. */
  async function publish(bundle: string): Promise<boolean> {
    let changed = false;
    for (const { type, store } of configurations) {
      const present = store.get("", configurationName);
      const patch = present && bundlePatch(present, bundle);
      if (patch === undefined) continue;
      store.observeWrite(await kube.apply(type, patch));
      changed = true;
      log.info(
        { type: type.kind, name: configurationName },
        "Published the authorities of the webhook's certificate",
      );
    }
    return changed;
  }

  async function write(present: KubeObject | undefined, state: CertificateState): Promise<void> {
    const { metadata, data } = secretChanges(state, clock.now());
    const type = resourceTypes.secret;
    const { resourceVersion } = present?.metadata ?? {};
    const entries = Object.entries(data).filter(([, value]) => value !== null);
    const written =
      present === undefined
        ? await kube.create(type, {
            metadata: { name: secretName, namespace, ...metadata },
            type: "kubernetes.io/tls",
            data: Object.fromEntries(entries),
          })
        : await kube.mergePatch(type, namespace, secretName, {
            metadata: { ...metadata, resourceVersion },
            data,
          });
    secrets.observeWrite(written);
  }

  function issueNow(): Promise<KeyedCertificate> {
    const now = clock.now();
    return issue(hosts, { notBefore: now - skewMs, notAfter: now + policy.validity });
  }

  async function stateAfter(
    kind: Exclude<Step["kind"], "keep">,
    before: CertificateState | undefined,
  ): Promise<CertificateState> {
    const next = kind === "switch" ? before?.next : undefined;
    if (kind === "issue" || before === undefined || (kind === "switch" && next === undefined)) {
      const current = await issueNow();
      return { current, next: undefined, trusted: [current.authority] };
    }
    const { current } = before;
    if (next !== undefined)
      return { current: next, next: undefined, trusted: [next.authority, current.authority] };
    if (kind === "forget") return { current, next: undefined, trusted: [current.authority] };
    const announced = await issueNow();
    return { current, next: announced, trusted: [current.authority, announced.authority] };
  }

  /** Resolves to the time of the next check, in milliseconds since the epoch. */
  async function reconcile(): Promise<number> {
    if (!secrets.synced) return Number.POSITIVE_INFINITY;
    const secret = secrets.get(namespace, secretName);
    const stored = readSecret(secret);
    const now = clock.now();
    if (stored !== undefined && isUsable(stored.current, hosts, now)) serve(stored.current);
    if (stored !== undefined && (await publish(stored.trusted.join(""))) && stored.next !== undefined) {
      // The time to observe the next authority starts only now.
      await write(secret, stored);
      return reconcile();
    }
    const published = configurations.every(({ store }) => store.synced);
    const step = decideStep({ stored, hosts, published, now }, policy);
    if (step.kind === "keep") return step.until;
    await write(secret, await stateAfter(step.kind, stored));
    log.info(
      { secret: `${namespace}/${secretName}`, step: step.kind },
      "The webhook's certificate took a step",
    );
    return reconcile();
  }

  return {
    async run(signal) {
      let failures = 0;
      watch(resourceTypes.secret, secrets, secretName, namespace, signal);
      for (const { type, store } of configurations) watch(type, store, configurationName, "", signal);
      while (!signal.aborted) {
        const woken = new AbortController();
        wakeUp = () => woken.abort();
        signal.addEventListener("abort", wakeUp, { once: true });
        let delayMs: number;
        try {
          delayMs = Math.min((await reconcile()) - clock.now(), maxSleepMs);
          failures = 0;
        } catch (error) {
          failures += 1;
          delayMs = backoffDelay(backoff, failures, random);
          // Another replica was faster.
          if (isConflict(error) || isAlreadyExists(error))
            log.debug({ error }, "Another replica took the step");
          else log.error({ error }, "The webhook's certificate could not be kept");
        }
        await sleep(clock, delayMs, woken.signal);
        signal.removeEventListener("abort", wakeUp);
      }
    },
  };
}

interface Webhook {
  readonly name: string;
  readonly clientConfig?: { readonly caBundle?: string };
}

/**
 * A patch with only the CA bundle, since the chart owns the other fields. The uid keeps a deleted configuration from being
 * created again.
 */
function bundlePatch(configuration: KubeObject, bundle: string): KubeObject | undefined {
  const webhooks = (configuration.webhooks ?? []) as readonly Webhook[];
  const caBundle = base64(bundle);
  if (webhooks.every(({ clientConfig }) => clientConfig?.caBundle === caBundle)) return undefined;
  const { name, uid } = configuration.metadata;
  return {
    metadata: { name, ...(uid === undefined ? {} : { uid }) },
    webhooks: webhooks.map(({ name }) => ({ name, clientConfig: { caBundle } })),
  };
}
