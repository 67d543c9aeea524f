import { expect, test } from "vitest";
import { readGolden } from "../../../test/support/golden.ts";
import { describeExamples, type Example } from "../../../test/support/otherProjects.ts";
import { asFlinkDeployment, type FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { FINALIZER } from "../../api/v1beta1/names.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { decideFlinkDeployment } from "../../core/flinkdeployment/decide.ts";
import { aSpec, noCluster, someFacts } from "../../core/job/situation.fixture.ts";
import { readLastReconciledSpec } from "../../core/spec/lastReconciledSpec.ts";
import { createConfigurations } from "./configure.ts";

/** The statuses that the Java operator wrote for its own examples around their first deployment. */
interface Recording {
  readonly input: FlinkDeployment;
  readonly status_beforeFirstDeploymentAttempt?: NonNullable<FlinkDeployment["status"]>;
  readonly status_afterFirstDeployment?: NonNullable<FlinkDeployment["status"]>;
}

const config = flinkConfig({});

/** The fields that both write, without times and without fields that the recording had no cluster for. */
const contract = ({
  observedGeneration,
  lifecycleState,
  reconciliationStatus,
}: NonNullable<FlinkDeployment["status"]>) => ({
  observedGeneration,
  lifecycleState,
  lastReconciledSpec: reconciliationStatus?.lastReconciledSpec,
  lastStableSpec: reconciliationStatus?.lastStableSpec ?? null,
  state: reconciliationStatus?.state,
});

/** The statuses of the two reconciles around the first deployment. */
function firstDeployment(input: FlinkDeployment) {
  const metadata = {
    ...input.metadata,
    namespace: "default",
    uid: "u",
    generation: 1,
    finalizers: [FINALIZER],
  };
  const resource = asFlinkDeployment({ ...input, metadata });
  const configurations = createConfigurations({ config: () => config, logFiles: {} });
  const reconcile = (status: FlinkDeployment["status"]) => {
    const now = { ...resource, ...(status === undefined ? {} : { status }) };
    const facts = someFacts({ ...noCluster, haConfigMaps: [] });
    return decideFlinkDeployment({ resource: now, facts, now: 1_000, configure: configurations.of(now) })
      .status;
  };
  const intended = reconcile(undefined);
  return [intended, reconcile(intended)] as const;
}

interface FirstDeployment {
  readonly job?: NonNullable<FlinkDeployment["spec"]>["job"];
  readonly slots: string;
  readonly before: object;
  readonly after: object;
  readonly taskManager: object | null;
}

/** The same without the texts of specs: of a stored spec, only its differences from the resource's spec. */
const progress = ({ reconciliationStatus, ...status }: NonNullable<FlinkDeployment["status"]>) => {
  const { lastReconciledSpec, state, lastStableSpec = null } = reconciliationStatus ?? {};
  const { spec, metadata } = readLastReconciledSpec(lastReconciledSpec) ?? {};
  return {
    observedGeneration: status.observedGeneration,
    lifecycleState: status.lifecycleState,
    state,
    lastStableSpec,
    stored: {
      job: spec?.job === undefined ? null : { state: spec.job.state, upgradeMode: spec.job.upgradeMode },
      firstDeployment: metadata?.firstDeployment,
    },
  };
};

test.each(readGolden<FirstDeployment[]>("java-operator/first-deployments.json"))(
  "the first deployment of $job with $slots slots is reported as the Java operator reports it",
  ({ job, slots, before, after, taskManager }) => {
    const { job: jobOfSpec, ...session } = aSpec;
    const process = { resource: { cpu: 1, memory: "2048m" } };
    const spec = {
      ...session,
      jobManager: process,
      taskManager: process,
      // The options that each upgrade mode needs.
      flinkConfiguration: {
        "taskmanager.numberOfTaskSlots": slots,
        "execution.checkpointing.dir": "s3://bucket/checkpoints",
        "execution.checkpointing.savepoint-dir": "s3://bucket/savepoints",
        "high-availability.type": "kubernetes",
        "high-availability.storageDir": "s3://bucket/ha",
      },
      ...(job === undefined ? {} : { job: { jarURI: jobOfSpec?.jarURI ?? "", ...job } }),
    };
    const [intended, launched] = firstDeployment({ metadata: { name: "demo" }, spec });
    expect([progress(intended), progress(launched)]).toEqual([before, after]);
    expect(launched.taskManager ?? null).toEqual(taskManager);
  },
);

/** Clusters in native mode. The others are not deployed yet. */
const native = ({ recording: { input } }: Example<Recording>) =>
  input.spec !== undefined && input.spec.mode !== "standalone";

describeExamples<Recording>(
  "recorded statuses",
  (examples) => {
    test.each(examples.filter(native))(
      "$file: the first deployment is recorded as the Java operator records it",
      ({ recording }) => {
        const {
          input,
          status_beforeFirstDeploymentAttempt: before,
          status_afterFirstDeployment: after,
        } = recording;
        const [intended, launched] = firstDeployment(input);
        expect(contract(intended)).toEqual(contract(before ?? {}));
        expect(contract(launched)).toEqual(contract(after ?? {}));
        expect(launched.taskManager ?? null).toEqual(after?.taskManager ?? null);
      },
    );
  },
  "FlinkDeployment",
);
