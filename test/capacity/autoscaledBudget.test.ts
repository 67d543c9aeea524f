import { expect, it } from "vitest";
import type { KubeObject } from "../../src/api/kubernetes.ts";
import type { FlinkDeployment } from "../../src/api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../src/config/effectiveConfig.ts";
import { flinkConfig } from "../../src/config/flinkConfig.ts";
import { createAutoscaler } from "../../src/controllers/autoscaler/autoscaler.ts";
import { flinkDeploymentKind } from "../../src/core/job/model/resourceKind.ts";
import { readSettings } from "../../src/core/job/model/settings.ts";
import { formatLastReconciledSpec } from "../../src/core/spec/lastReconciledSpec.ts";
import {
  beginCollection,
  type CollectionState,
  nextPath,
  recordCollected,
} from "../../src/flink/pollCollection.ts";
import { KubeError } from "../../src/kube/errors.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { autoscaledConfiguration, fullWindowSeconds } from "./environment/autoscaled.ts";
import { answerOf } from "./fake/answers.ts";
import { createJobManagers } from "./fake/jobManagers.ts";

const jobs = 20;
/** Samples of each job, with full windows. */
const rounds = 20;
/**
 * Milliseconds of processor time for one sample, without the requests themselves: 1,000 jobs then take at most a tenth of a core at
 * the default interval of 60 s. It takes one or two.
 */
const budgetMs = 6;

const operatorConfig = flinkConfig({});
const jobId = "a".repeat(32);

function resourceOf(name: string): FlinkDeployment {
  const spec = {
    image: "flink",
    flinkVersion: "v1_20" as const,
    flinkConfiguration: autoscaledConfiguration(jobs),
    jobManager: { resource: { cpu: 1, memory: "1g" } },
    taskManager: { resource: { cpu: 1, memory: "1g" } },
    job: { jarURI: "local:///a.jar", parallelism: 2, upgradeMode: "stateless" as const },
  };
  return {
    metadata: { namespace: "ns", name, uid: name },
    spec,
    status: {
      jobStatus: { state: "RUNNING", jobId },
      reconciliationStatus: {
        state: "DEPLOYED",
        lastReconciledSpec: formatLastReconciledSpec(spec, { firstDeployment: false }),
      },
    },
  };
}

it("measures and judges a job within its budget of requests, writes, configurations and processor time", async () => {
  const start = Date.UTC(2026, 10, 30);
  let now = start;
  const counts = { requests: 0, writes: 0, configurations: 0, events: 0 };
  const collections = new Map<string, CollectionState>();
  const stored = new Map<string, KubeObject>();
  const settings = new Map<object, ReturnType<typeof readSettings>>();
  const autoscaler = createAutoscaler(
    {
      kube: {
        async get(_, __, name) {
          return stored.get(name) ?? Promise.reject(new KubeError(404, "NotFound", name));
        },
        async create(_, object) {
          counts.writes++;
          stored.set(object.metadata.name, object);
          return object;
        },
        async mergePatch(_, __, name) {
          counts.writes++;
          return stored.get(name) ?? expect.unreachable();
        },
      },
      poller: {
        collect(key, collection) {
          if (collection !== undefined && !collections.has(key))
            collections.set(key, beginCollection(collection, now, "autoscaler"));
        },
        takeCollected(key) {
          const state = collections.get(key);
          const complete = state?.complete;
          if (state !== undefined) state.complete = undefined;
          return complete;
        },
      },
      recorder: { record: () => Promise.resolve(void counts.events++) },
      clock: { now: () => now },
      log: createLogger({ level: "silent" }),
    },
    {
      kind: flinkDeploymentKind,
      hasTaskManagers: true,
      pollKey: (namespace, name) => `${namespace}/${name}`,
      configurationOf(resource) {
        const known = settings.get(resource.spec) ?? readSettings(deployConfig({ operatorConfig, resource }));
        settings.set(resource.spec, known);
        return { settings: known, error: undefined };
      },
      configsOf(resource) {
        counts.configurations++;
        const job = deployConfig({ operatorConfig, resource });
        return { job, cluster: job };
      },
    },
  );
  const jobManagers = createJobManagers(() => start);
  const fleet = Array.from({ length: jobs }, (_, index) => {
    const address = `127.1.0.${index + 1}`;
    jobManagers.start(address, `job-${index}`, { id: jobId, restoredFrom: undefined });
    const job = jobManagers.at(address)?.job ?? expect.unreachable();
    return { job, resource: resourceOf(`job-${index}`) };
  });
  let spentMicros = 0;
  const spending = async <T>(work: () => T | Promise<T>): Promise<T> => {
    const before = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(before);
    spentMicros += user + system;
    return result;
  };

  async function measure({ job, resource }: (typeof fleet)[number]): Promise<void> {
    const { status = {}, metadata } = resource;
    await spending(async () => autoscaler.collect(await autoscaler.prepare(resource), status));
    const state = collections.get(`ns/${metadata.name}`) ?? expect.unreachable();
    for (let isComplete = false; !isComplete; ) {
      const path = (await spending(() => nextPath(state, now))) ?? expect.unreachable();
      const body = JSON.parse(answerOf(job, { method: "GET", url: path, body: "" }, now).text);
      counts.requests++;
      isComplete = await spending(() => recordCollected(state, path, { body }, now));
    }
    await spending(() => autoscaler.prepare(resource));
  }

  const measureAll = async () => {
    now += 10_000;
    for (const each of fleet) await measure(each);
  };
  while (now < start + fullWindowSeconds(jobs) * 1_000) await measureAll();
  const configurations = counts.configurations;
  Object.assign(counts, { requests: 0, writes: 0 });
  spentMicros = 0;
  for (let round = 0; round < rounds; round++) await measureAll();

  const samples = jobs * rounds;
  const balanced = [...autoscaler.measured()].map(({ memory }) => memory.counters.balanced);
  expect(Math.min(...balanced)).toBeGreaterThanOrEqual(rounds);
  expect({ ...counts, configurations }).toEqual({
    requests: 8 * samples,
    writes: samples / 2,
    configurations: jobs,
    events: 0,
  });
  expect(spentMicros / 1_000 / samples).toBeLessThan(budgetMs);
});
