import type { Scenario } from "../scenario.ts";
import {
  deleteCluster,
  deleteJob,
  deleteTogether,
  deployCluster,
  loseDeployment,
  noIdleTaskManagers,
  resumeJob,
  submitJobs,
  suspendJob,
  upgradeCluster,
  upgradeJob,
} from "./session.ts";
import { healthy, healthyWithoutHa, withoutHa } from "./steps.ts";

export const workloads: readonly Scenario[] = [
  {
    name: "session-deploy",
    steps: [deployCluster(withoutHa), submitJobs({ one: "stateless" })],
    ...healthyWithoutHa,
    stateful: false,
  },
  {
    name: "session-upgrade-stateless",
    steps: [deployCluster(), submitJobs({ one: "stateless", two: "stateless" }), upgradeJob()],
    ...healthy,
    stateful: false,
    untouched: ["two"],
  },
  {
    name: "session-upgrade-savepoint",
    steps: [deployCluster(), submitJobs({ one: "savepoint", two: "savepoint" }), upgradeJob()],
    ...healthy,
    untouched: ["two"],
  },
  {
    name: "session-upgrade-one-of-three",
    steps: [
      deployCluster(),
      submitJobs({ one: "last-state", two: "savepoint", three: "stateless" }),
      upgradeJob("two"),
      { name: "the cluster reports its three TaskManagers", until: noIdleTaskManagers },
    ],
    ...healthy,
    untouched: ["one", "three"],
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
    name: "session-cluster-upgrade",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint", two: "last-state" }),
      upgradeCluster("one", "two"),
    ],
    ...healthy,
  },
  {
    name: "session-cluster-upgrade-without-ha",
    steps: [deployCluster(withoutHa), submitJobs({ one: "savepoint" }), upgradeCluster("one")],
    ...healthyWithoutHa,
  },
  {
    name: "session-cluster-lost",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint", two: "last-state" }),
      loseDeployment("one", "two"),
    ],
    ...healthy,
    healthy: false,
  },
  {
    name: "session-cluster-lost-without-ha",
    steps: [deployCluster(withoutHa), submitJobs({ one: "stateless" }), loseDeployment("one")],
    ...healthyWithoutHa,
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
  {
    name: "session-delete-together",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint", two: "stateless" }),
      ...deleteTogether("jobs first"),
    ],
    ...healthy,
  },
  {
    name: "session-delete-together-cluster-first",
    steps: [
      deployCluster(),
      submitJobs({ one: "savepoint", two: "stateless" }),
      ...deleteTogether("cluster first"),
    ],
    ...healthy,
  },
];
