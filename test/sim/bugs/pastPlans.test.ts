import { test } from "vitest";
import { run, runAgainst } from "../harness.ts";
import { parsePlan } from "../plan.ts";
import { assertKept } from "../report.ts";

// Plans that showed a bug, of workloads of which not every plan is played on every commit. Each name says what it was.

test.each([
  [
    "a session job that is gone kept its cluster until the watch told",
    "session-delete lag FlinkSessionJob 3000",
  ],
  ["a periodic savepoint waited for the next period", "session-snapshot-periodic outage 40"],
  [
    "an upgrade that its JobManager's end fell into said that the job had begun anew",
    "snapshot-nonces rest-jobmanager-restart 62",
  ],
  [
    "a savepoint was disposed of that was newer than all that its job had come to since",
    "snapshot-of-the-newest rest-jobmanager-restart 42",
  ],
  ["a redeployed session job went on from the state that was given up", "session-redeploy-nonce outage 45"],
])("%s", async (_, text) => {
  const plan = parsePlan(text);
  const { fault: __, ...faultFree } = plan;
  assertKept(await runAgainst(await run(faultFree), plan));
});
