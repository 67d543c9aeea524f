import { expect, test } from "vitest";
import { describeExamples, type Example } from "../../../test/support/otherProjects.ts";
import { asFlinkDeployment, type FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { FINALIZER } from "../../api/v1beta1/names.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { decide } from "../../core/flinkdeployment/decide.ts";
import { noCluster, someFacts } from "../../core/flinkdeployment/situation.fixture.ts";
import { createConfigurations } from "./configure.ts";

/** The statuses that the Java operator wrote for its own examples around their first deployment. */
interface Recording {
  readonly input: FlinkDeployment;
  readonly status_beforeFirstDeploymentAttempt?: NonNullable<FlinkDeployment["status"]>;
  readonly status_afterFirstDeployment?: NonNullable<FlinkDeployment["status"]>;
}

const config = flinkConfig({});

/** What both write; what the recording had no cluster for, and the time, is left out. */
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

/** Clusters in native mode: the others are not deployed yet. */
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
        const metadata = {
          ...input.metadata,
          namespace: "default",
          uid: "u",
          generation: 1,
          finalizers: [FINALIZER],
        };
        const resource = asFlinkDeployment({ ...input, metadata });
        const configurations = createConfigurations({ config: () => config, logFiles: {} });
        const pass = (status: FlinkDeployment["status"]) => {
          const now = { ...resource, ...(status === undefined ? {} : { status }) };
          const facts = someFacts({ ...noCluster, haConfigMaps: [] });
          return decide({ resource: now, facts, now: 1_000, configure: configurations.of(now) }).status;
        };
        const intended = pass(undefined);
        expect(contract(intended)).toEqual(contract(before ?? {}));
        const launched = pass(intended);
        expect(contract(launched)).toEqual(contract(after ?? {}));
        expect(launched.taskManager ?? null).toEqual(after?.taskManager ?? null);
      },
    );
  },
  "FlinkDeployment",
);
