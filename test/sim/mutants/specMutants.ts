import { type Mutant, outOfReach } from "./mutant.ts";

const oneConfiguration = "the simulated operator has one configuration, which never changes";

/** Mistakes in the configuration, the differences of specs, the validation and the objects. */
export const specMutants: readonly Mutant[] = [
  outOfReach(oneConfiguration, {
    name: "namespace-defaults-leak",
    fault: "applies the defaults of one namespace to the resources of every other",
    edits: [
      {
        file: "config/defaultConfig.ts",
        find: "    `${namespacePrefix}${namespace}.`,\n",
        replace:
          "    ...[...entries.keys()].filter((key) => key.startsWith(namespacePrefix)).map((key) => `${namespacePrefix}${key.slice(namespacePrefix.length).split('.')[0] ?? namespace}.`),\n",
      },
    ],
  }),
  outOfReach(oneConfiguration, {
    name: "version-defaults-in-wrong-order",
    fault: "lets the defaults of an older Flink version override those of a newer one",
    edits: [
      {
        file: "config/defaultConfig.ts",
        find: "...orOlder.map((candidate) => `${versionPrefix}${candidate}+.`),",
        replace: "...orOlder.toReversed().map((candidate) => `${versionPrefix}${candidate}+.`),",
      },
    ],
  }),
  {
    name: "check-of-script-not-awaited",
    fault: "stops a running SQL job as soon as the check of its new script has begun",
    edits: [
      {
        file: "core/job/upgrade/checkScriptFirst.ts",
        find: "  return check.endedAt === undefined ? observeCheck(situation, check) : undefined;",
        replace: "  return undefined;",
      },
    ],
    workloads: ["sql-refused"],
    kinds: [],
  },
  {
    name: "refused-script-launched",
    fault: "forgets, when the cluster is lost, that the check has refused the new SQL script",
    edits: [
      {
        file: "core/job/upgrade/refusedScript.ts",
        find: "if (problem === undefined && !isLoss) return undefined;",
        replace: "if (!isLoss) return undefined;",
      },
    ],
    workloads: ["sql-refused"],
    kinds: [],
  },
  {
    name: "check-of-script-left-behind",
    fault: "does not delete the pod of a check that has a result",
    edits: [
      {
        file: "core/job/upgrade/checkScriptFirst.ts",
        find: ".filter(({ name, deleting }) => name !== awaited && !deleting);",
        replace:
          ".filter(({ name, deleting }) => name !== awaited && !deleting && check?.endedAt === undefined);",
      },
    ],
    workloads: ["sql-refused"],
    kinds: [],
  },
  {
    name: "checkpoint-default-ignored",
    fault: "starts a job of upgrade mode last-state without checkpoints where the user has set no interval",
    edits: [
      {
        file: "config/deriveConfig.ts",
        find: 'job.upgradeMode === "last-state" ? [[checkpointInterval',
        replace: "job.upgradeMode === undefined ? [[checkpointInterval",
      },
    ],
    workloads: ["first-deploy-default-interval"],
    kinds: [],
  },
  {
    name: "operator-options-submitted",
    fault: "sends the operator's own options to Flink with a session job",
    edits: [
      {
        file: "config/sessionJobConfig.ts",
        find: '!isOperatorKey(key) && !key.startsWith("$internal.")',
        replace: '!key.startsWith("$internal.")',
      },
    ],
    workloads: ["session-deploy"],
    kinds: [],
  },
  {
    name: "old-savepoint-directory",
    fault: "stops a job with a savepoint into the directory of the deployed spec and not into the edited one",
    edits: [
      {
        file: "config/effectiveConfig.ts",
        find: '? { [savepointsDirectory.key]: current.get(savepointsDirectory) ?? "" }',
        replace:
          '? { [savepointsDirectory.key]: clusterConfig(operatorConfig, resource, deployedSpec).get(savepointsDirectory) ?? current.get(savepointsDirectory) ?? "" }',
      },
    ],
    workloads: ["upgrade-savepoint-directory"],
    kinds: [],
  },
  outOfReach(oneConfiguration, {
    name: "configuration-cached-by-name",
    fault: "uses the cached configuration of a resource after the operator's own has changed",
    edits: [
      {
        file: "controllers/flinkdeployment/configure.ts",
        find: "  known.operatorConfig === other.operatorConfig &&\n",
        replace: "",
      },
    ],
  }),
  {
    name: "recreated-resource-cached",
    fault: "uses the cached configuration of a deleted resource for a new one of its name",
    edits: [
      {
        file: "controllers/flinkdeployment/configure.ts",
        find: "  known.uid === other.uid &&\n  known.generation",
        replace: "  known.generation",
      },
      {
        file: "controllers/flinkdeployment/configure.ts",
        find: "remove: (namespace, name) => void known.delete(clusterKey(namespace, name)),",
        replace: "remove: (namespace, name) => void known.get(clusterKey(namespace, name)),",
      },
    ],
    workloads: ["delete-recreated"],
    kinds: [],
  },
  {
    name: "strongest-change-missed",
    fault: "judges an edit by its weakest change, and so applies a new image without a restart",
    edits: [
      {
        file: "core/diff/diff.ts",
        find: "const strongest = Math.max(0, ...changes.map(({ effect }) => changeEffects.indexOf(effect)));",
        replace:
          "const strongest = Math.min(changeEffects.length, ...changes.map(({ effect }) => changeEffects.indexOf(effect)));",
      },
    ],
    workloads: ["rollback-fixed-forward", "edit-what-needs-no-restart"],
    kinds: [],
  },
  {
    name: "configuration-key-effect-misjudged",
    fault: "restarts a job for a key that only the operator reads",
    edits: [
      {
        file: "core/diff/changes.ts",
        find: "const rule = change?.keyPrefixes?.find(({ prefix }) => key.startsWith(prefix)) ?? change;",
        replace: "const rule = change?.keyPrefixes?.find(({ prefix }) => key === prefix) ?? change;",
      },
    ],
    workloads: ["edit-what-needs-no-restart"],
    kinds: [],
  },
  {
    name: "cleared-nonce-restarts",
    fault: "restarts a job whose restartNonce is removed",
    edits: [
      {
        file: "core/diff/changes.ts",
        find: 'if (change.whenCleared === "ignore" && after === null) return [];',
        replace: 'if (change.whenCleared === "ignore" && before === null) return [];',
      },
    ],
    workloads: ["restart-nonce"],
    kinds: [],
  },
  {
    name: "internal-service-without-owner",
    fault: "creates the internal Service without an owner, so that it outlives its cluster",
    edits: [
      {
        file: "core/build/internalService.ts",
        find: "      owner,\n",
        replace: "      owner: owner && undefined,\n",
      },
    ],
    workloads: ["first-deploy", "delete-never-started"],
    kinds: [],
  },
  {
    name: "cluster-label-overridden",
    fault: "lets the user's labels override those by which the operator finds its Deployment",
    edits: [
      {
        file: "core/build/jobManagerDeployment.ts",
        find: "        ...mapOption(config, flinkOptions.jobManagerLabels),\n        ...selector,\n",
        replace: "        ...selector,\n        ...mapOption(config, flinkOptions.jobManagerLabels),\n",
      },
    ],
    workloads: ["upgrade-labelled"],
    kinds: [],
  },
  {
    name: "overhead-of-wrong-base",
    fault: "computes the JVM overhead from the memory of Flink and not from that of the process",
    edits: [
      {
        file: "core/build/memory/processMemory.ts",
        find: "const jvmOverhead = fractionOf(process, overheadOf(config, model));",
        replace: "const jvmOverhead = fractionOf(process - jvmMetaspace, overheadOf(config, model));",
      },
    ],
    workloads: ["first-deploy"],
    kinds: [],
  },
  {
    name: "memory-limit-from-request-only",
    fault: "sets the memory limit of a pod without its limit factor",
    edits: [
      {
        file: "core/build/pod/containerResources.ts",
        find: "Math.trunc(memory * memoryFactor)",
        replace: "Math.trunc(memory * Math.min(1, memoryFactor))",
      },
    ],
    workloads: ["first-deploy"],
    kinds: [],
  },
  {
    name: "periodic-savepoint-without-directory",
    fault: "accepts periodic savepoints without a directory for them",
    edits: [
      {
        file: "core/validate/job.ts",
        find: 'if ((config.get(operatorOptions.periodicSavepointInterval) ?? "off") !== "off")',
        replace: 'if ((config.get(operatorOptions.periodicSavepointInterval) ?? "off") === undefined)',
      },
    ],
    workloads: ["refused-periodic-savepoints"],
    kinds: [],
  },
  outOfReach("the API server refuses such an edit first", {
    name: "session-becomes-application",
    fault: "accepts that a session cluster becomes an application",
    edits: [
      {
        file: "core/validate/specChange.ts",
        find: "if (deployed === undefined || (spec.job === undefined) === (deployed.job === undefined)) return undefined;",
        replace: "if (deployed?.job === undefined || spec.job !== undefined) return undefined;",
      },
    ],
  }),
  {
    name: "version-of-suspended-changed",
    fault: "accepts another Flink version for a job that is suspended by last-state",
    edits: [
      {
        file: "core/validate/identity.ts",
        find: "spec.flinkVersion !== deployed.flinkVersion\n",
        replace: "spec.flinkVersion === undefined\n",
      },
    ],
    workloads: ["refused-version-while-suspended"],
    kinds: [],
  },
  {
    name: "session-job-of-other-cluster",
    fault: "accepts that a session job moves to another session cluster, and leaves its job in the first",
    edits: [
      {
        file: "core/validate/sessionJob.ts",
        find: "deployedJob === undefined || deployedJob.deploymentName === sessionJob.deploymentName\n",
        replace: "deployedJob === undefined || sessionJob.deploymentName !== undefined\n",
      },
    ],
    workloads: ["session-refused-other-cluster"],
    kinds: [],
  },
  outOfReach("no workload of the simulation has such a value", {
    name: "service-port-zero",
    fault: "accepts a port that no Service can have",
    edits: [
      {
        file: "core/validate/network.ts",
        find: "if (port < 1 || port > 65_535)",
        replace: "if (port < 0 || port > 65_535)",
      },
    ],
  }),
];
