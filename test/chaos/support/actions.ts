import type { LifecycleState } from "../../../src/api/v1beta1/flinkdeployment.ts";
import type { Application } from "../../e2e/support/application.ts";
import { kube, types } from "../../e2e/support/cluster.ts";
import { counterArgs, type SpecPatch } from "../../e2e/support/counter.ts";
import { DEADLINE_MS, until } from "../../e2e/support/until.ts";
import type { Random } from "../../sim/world/random.ts";

/** What a user does to a job, and how one sees that it is done. */
export interface Action {
  readonly name: string;
  /**
   * Whether its state outlives its JobManager at any moment. A job that was stopped with a savepoint reports where that is
   * only as long as the JobManager lives: killed in between, it takes a person to find the savepoint.
   */
  readonly outlivesJobManager: boolean;
  /** `round` differs each time. */
  run(application: Application, round: number): Promise<void>;
}

/** A job that starts while its operator and its API server are being killed, on a machine that is busy with both. */
const PATIENCE_MS = 2 * DEADLINE_MS;

/** The option by which a cluster shows which edit it was made for. */
const MARK = "chaos.round";
const marked = (round: number): SpecPatch => ({ flinkConfiguration: { [MARK]: String(round) } });

/** Until the API server, which may be down, has taken it; taken twice it means the same. */
const edit = (application: Application, change: SpecPatch): Promise<unknown> =>
  until(`the edit of ${application.name} is taken`, () => application.edit(change).then(() => true));

const upgrade = (mode: "savepoint" | "last-state"): Action => ({
  name: `upgrade by ${mode}`,
  outlivesJobManager: mode === "last-state",
  async run(application, round) {
    await edit(application, { job: { upgradeMode: mode, state: "running" }, ...marked(round) });
    await runsAs(application, round);
  },
});

const suspend = (mode: "savepoint" | "last-state"): Action => ({
  name: `suspend and resume by ${mode}`,
  outlivesJobManager: mode === "last-state",
  async run(application, round) {
    await edit(application, { job: { upgradeMode: mode, state: "suspended" } });
    await until(
      `${application.name} is suspended`,
      async () => {
        const { metadata, status } = await application.resource();
        return status?.observedGeneration === metadata.generation && status?.lifecycleState === "SUSPENDED";
      },
      PATIENCE_MS,
    );
    await edit(application, { job: { state: "running" }, ...marked(round) });
    await runsAs(application, round);
  },
});

const restart: Action = {
  name: "restart",
  outlivesJobManager: true,
  async run(application, round) {
    await edit(application, { restartNonce: round, job: { upgradeMode: "last-state" }, ...marked(round) });
    await runsAs(application, round);
  },
};

/** The program refuses an argument, so the job fails for good: what ran before runs again. Then the edit is put right. */
const rollBack: Action = {
  name: "rollback",
  outlivesJobManager: true,
  async run(application, round) {
    const bad = [...counterArgs({}), "--no-such-option", "1"];
    await edit(application, { job: { upgradeMode: "last-state", args: bad }, ...marked(round) });
    await runsAs(application, round - 1, "ROLLED_BACK");
    await edit(application, { job: { args: counterArgs({}) } });
    await runsAs(application, round);
  },
};

export const actions: readonly Action[] = [
  upgrade("savepoint"),
  upgrade("last-state"),
  suspend("savepoint"),
  suspend("last-state"),
  restart,
  rollBack,
];

/** What the jobs have from the beginning. A start that is only slow, as many here are, is nothing to go back from. */
export const beginning: SpecPatch = {
  job: { upgradeMode: "savepoint" },
  flinkConfiguration: {
    ...marked(0).flinkConfiguration,
    "kubernetes.operator.deployment.rollback.enabled": "true",
    "kubernetes.operator.deployment.readiness.timeout": "20 min",
  },
};

/** Each action once before any comes again, in an order of its own. */
export function planOf(random: Random, length: number): Action[] {
  const plan: Action[] = [];
  while (plan.length < length) {
    const left = [...actions];
    while (left.length > 0) plan.push(...left.splice(random.below(left.length), 1));
  }
  return plan.slice(0, length);
}

/** Status, Flink and the cluster's own configuration all say that the newest edit runs. */
export const runsAs = (
  application: Application,
  round: number,
  lifecycle: LifecycleState = "STABLE",
): Promise<unknown> =>
  until(
    `${application.name} is ${lifecycle} and runs as edit ${round} has it`,
    async () => {
      const { metadata, status } = await application.resource();
      if (status?.observedGeneration !== metadata.generation || status?.lifecycleState !== lifecycle) {
        throw new Error(`its status says ${status?.lifecycleState}, ${status?.error ?? "no error"}`);
      }
      const job = await application.job();
      const options = await application.flink.get<{ key: string; value: string }[]>("/jobmanager/config");
      const mark = options.find(({ key }) => key === MARK)?.value;
      return job.state === "RUNNING" && job.jid === status.jobStatus?.jobId && mark === String(round);
    },
    PATIENCE_MS,
  );

/** As with the node under it: nobody is asked to end in order. */
export async function killJobManager(application: Application): Promise<boolean> {
  const [pod] = await application.pods("jobManager");
  if (pod === undefined) return false;
  const { namespace = "", name } = pod.metadata;
  await kube().delete(types.pod, namespace, name, { gracePeriodSeconds: 0 });
  return true;
}
