import type { Scenario } from "../scenario.ts";
import {
  deleteCluster,
  deleteJob,
  deployCluster,
  loseJobManager,
  replaceCluster,
  resumeJob,
  submitJobs,
  suspendJob,
  upgradeJob,
} from "./session.ts";
import { healthy, mortal, withoutAvailability } from "./steps.ts";

export const workloads: readonly Scenario[] = [
  {
    name: "session-deploy",
    steps: [deployCluster(withoutAvailability), submitJobs({ one: "stateless" })],
    ...mortal,
    stateful: false,
  },
  {
    name: "session-upgrade-stateless",
    steps: [deployCluster(), submitJobs({ one: "stateless", two: "stateless" }), upgradeJob()],
    ...healthy,
    stateful: false,
  },
  {
    name: "session-upgrade-savepoint",
    steps: [deployCluster(), submitJobs({ one: "savepoint", two: "savepoint" }), upgradeJob()],
    ...healthy,
  },
  {
    name: "session-upgrade-last-state",
    steps: [deployCluster(), submitJobs({ one: "last-state" }), upgradeJob()],
    ...healthy,
  },
  {
    name: "session-suspend-savepoint",
    steps: [deployCluster(), submitJobs({ one: "savepoint" }), suspendJob, resumeJob],
    ...healthy,
  },
  {
    name: "session-replaced",
    steps: [deployCluster(), submitJobs({ one: "savepoint", two: "stateless" }), replaceCluster],
    ...healthy,
    stateful: false,
  },
  {
    name: "session-lost-jobmanager",
    steps: [deployCluster(), submitJobs({ one: "savepoint", two: "last-state" }), loseJobManager],
    ...healthy,
    healthy: false,
  },
  {
    name: "session-lost-without-ha",
    steps: [
      deployCluster(withoutAvailability),
      submitJobs({ one: "stateless", two: "stateless" }),
      loseJobManager,
    ],
    ...mortal,
    stateful: false,
    healthy: false,
  },
  {
    name: "session-delete",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint", two: "stateless" }),
      deleteJob("one"),
      deleteJob("two"),
      deleteCluster,
    ],
    ...healthy,
  },
];
