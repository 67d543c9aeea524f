import { test } from "vitest";
import { run, runAgainst } from "../harness.ts";
import { parsePlan } from "../plan.ts";
import { assertNoViolations } from "../report.ts";

// Plans that found a bug, of workloads whose plans do not all run on every commit. Each name describes the bug.

test.each([
  [
    "a deleted session job kept its cluster until the watch reported the deletion",
    "session-delete lag FlinkSessionJob 3000",
  ],
  ["a periodic savepoint waited for the next period", "session-snapshot-periodic outage 40"],
  [
    "an upgrade during which the JobManager died reported that the job had started anew",
    "snapshot-nonces rest-jobmanager-restart 62",
  ],
  [
    "a savepoint was disposed of although it was newer than all later state of its job",
    "snapshot-of-the-newest rest-jobmanager-restart 42",
  ],
  [
    "a redeployed session job was restored from the state that the user had given up",
    "session-redeploy-nonce outage 45",
  ],
  [
    "the savepoint of an upgrade had no resource after a conflict with a quota",
    "upgrade-savepoint-without-ha api-conflict 29",
  ],
  [
    "a deletion with a savepoint reconciled for ever where no JobManager had started",
    "delete-with-savepoint deletion 2",
  ],
  [
    "a job and its cluster waited for each other, deleted together while the JobManager was stopped",
    "session-cluster-upgrade deletion 63",
  ],
  [
    "a job and its cluster waited for each other, deleted together while the JobManager was lost",
    "session-cluster-lost deletion 40",
  ],
  [
    "a cluster that was deleted during its launch was not observed, and its jobs waited for it",
    "session-cluster-upgrade-without-ha deletion 46",
  ],
  [
    "a session job waited for ever for a JobManager of another version of Flink to recover it",
    "flink-version-session rest-jobmanager-restart 44",
  ],
  [
    "CPU and memory of a session cluster were written minutes after its last TaskManager came",
    "flink-version-session outage 80",
  ],
  [
    "an edit of a job that had finished asked for a manual restore, where only the crash log told of its end",
    "finish-edit rest-jobmanager-restart 30",
  ],
  [
    "the log of a lost run was read so late that the next crash had taken it along, and the job went back",
    "began-anew-savepoint rest-jobmanager-restart 65",
  ],
  [
    "a deletion waited for the savepoint of a job whose JobManager the operator itself had stopped",
    "delete-with-savepoint-in-the-middle-of-a-stop rest-jobmanager-restart 29",
  ],
  [
    "a job whose cancel had ended was launched from HA metadata that its JobManager had deleted",
    "zookeeper-upgrade-by-cancel rest-jobmanager-restart 34",
  ],
  [
    "a periodic savepoint that a later run took moved the times of all later ones",
    "session-snapshot-clean-up-legacy rest-jobmanager-restart 94",
  ],
  [
    "the first run of a session job was not recorded in its status, and later ones were",
    "session-deploy rest-jobmanager-restart 24",
  ],
])("%s", async (_, text) => {
  const plan = parsePlan(text);
  const { fault: __, ...faultFree } = plan;
  assertNoViolations(await runAgainst(await run(faultFree), plan));
});
