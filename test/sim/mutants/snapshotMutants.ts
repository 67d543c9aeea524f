import type { Mutant } from "./mutant.ts";

const ofJob = (name: string) => `core/job/snapshots/${name}.ts`;
const ofResource = (name: string) => `core/flinkstatesnapshot/${name}.ts`;

/** Mistakes in snapshots: nonces, periods, attempts, clean-up, disposal. */
export const snapshotMutants: readonly Mutant[] = [
  {
    name: "periodic-off-grid",
    fault: "counts the next period of snapshots from when the last one was noticed to be due",
    edits: [
      {
        file: ofJob("takeSnapshots"),
        find: "status: withLastPeriodic(status, kind, due),",
        replace: "status: withLastPeriodic(status, kind, now),",
      },
    ],
    workloads: ["snapshot-periodic", "session-snapshot-periodic"],
    kinds: [],
  },
  {
    name: "period-from-trigger",
    fault: "counts the next period of a snapshot in the status from when the last one was triggered",
    edits: [
      {
        file: ofJob("pendingSnapshots"),
        find: ": withLastPeriodic(done.status, kind, due ?? firstTriggerTimestamp);",
        replace: ": withLastPeriodic(done.status, kind, Math.max(due ?? 0, triggerTimestamp));",
      },
    ],
    workloads: ["snapshot-periodic-legacy"],
    kinds: [],
  },
  {
    name: "missed-period-caught-up",
    fault: "takes a snapshot for each period that has passed, one after the other",
    edits: [
      {
        file: "config/values/schedule.ts",
        find: "return periods > 0 ? since + periods * ms : undefined;",
        replace: "return periods > 0 ? since + ms : undefined;",
      },
    ],
    workloads: ["snapshot-periodic"],
    kinds: ["outage"],
  },
  {
    name: "nonce-of-other-kind",
    fault:
      "compares the nonce of a checkpoint with that of the last savepoint, and so takes it again and again",
    edits: [
      {
        file: ofJob("takeSnapshots"),
        find: "nonce === situation.deployed?.spec.job?.[nonceFields[kind]]) return undefined;",
        replace: "nonce === situation.deployed?.spec.job?.[nonceFields.savepoint]) return undefined;",
      },
    ],
    workloads: ["snapshot-nonces", "snapshot-nonces-legacy"],
    kinds: [],
  },
  {
    name: "nonce-not-in-stable-spec",
    fault:
      "does not record a done snapshot nonce in the stable spec, from which a rollback asks for it again",
    edits: [
      {
        file: ofJob("requestedSnapshots"),
        find: "...(wasStable ? { lastStableSpec: recorded } : {}),",
        replace: "...(wasStable ? {} : { lastStableSpec: before?.lastStableSpec }),",
      },
    ],
    workloads: ["snapshot-nonces"],
    kinds: [],
  },
  {
    name: "failed-trigger-not-spaced",
    fault: "asks for a snapshot that has failed again without a pause",
    edits: [
      {
        file: ofJob("takeSnapshots"),
        find: "if (pause > 0) return { requeueAfterMs: pause, othersMayAct: true };",
        replace:
          "if (pause > settings.progressCheckIntervalMs) return { requeueAfterMs: pause, othersMayAct: true };",
      },
    ],
    workloads: ["snapshot-nonces-legacy"],
    kinds: ["rest"],
  },
  {
    name: "newest-cleaned-up",
    fault: "deletes the newest snapshot of a job where it is older than the history may be",
    edits: [
      {
        file: ofJob("cleanUpSnapshots"),
        find: "snapshot !== newest && (index <",
        replace: "(snapshot !== newest || snapshot.state === 'COMPLETED') && (index <",
      },
    ],
    workloads: ["snapshot-clean-up", "session-snapshot-clean-up"],
    kinds: [],
  },
  {
    name: "named-elsewhere-cleaned-up",
    fault: "deletes a snapshot from which another resource is to start",
    edits: [
      {
        file: ofJob("cleanUpSnapshots"),
        find: "(situation.facts.isNamedElsewhere?.(path) === true || needs(situation, path));",
        replace: "(situation.facts.isNamedElsewhere?.(path) === undefined || needs(situation, path));",
      },
    ],
    workloads: ["snapshot-clean-up", "snapshot-clean-up-legacy"],
    kinds: [],
  },
  {
    name: "disposal-from-history-doubled",
    fault: "asks for the disposal of a savepoint of the history again while the first is under way",
    edits: [
      {
        file: ofJob("cleanUpSnapshots"),
        find: 'isRequested && (answer === undefined || answer.status.state === "in-progress");',
        replace: 'isRequested && answer?.status.state === "in-progress";',
      },
    ],
    workloads: ["snapshot-clean-up-legacy", "session-snapshot-clean-up-legacy"],
    kinds: [],
  },
  {
    name: "disposal-doubled",
    fault: "asks for the disposal of a deleted snapshot again before Flink has told of the first",
    edits: [
      {
        file: ofResource("disposal"),
        find: '    case "unknown":\n      return undefined;\n    default:',
        replace: '    case "unknown":\n    case undefined:\n      return undefined;\n    default:',
      },
    ],
    workloads: ["snapshot-savepoint", "snapshot-clean-up"],
    kinds: [],
  },
  {
    name: "failed-disposal-not-spaced",
    fault: "asks for a failed disposal again in every pass",
    edits: [
      {
        file: ofResource("disposal"),
        find: "const left = answer.at + RETRY_MS - now;",
        replace: "const left = answer.at - now;",
      },
    ],
    workloads: ["snapshot-savepoint", "snapshot-clean-up"],
    kinds: ["rest"],
  },
  {
    name: "kept-data-disposed",
    fault: "disposes of the data of a snapshot that is to be kept",
    edits: [
      {
        file: ofResource("disposal"),
        find: "savepoint === undefined || savepoint.disposeOnDelete === false || jobReference === undefined;",
        replace: "savepoint === undefined || jobReference === undefined;",
      },
    ],
    workloads: ["snapshot-kept"],
    kinds: [],
  },
  {
    name: "same-path-disposed",
    fault: "disposes of a savepoint to which another FlinkStateSnapshot refers",
    edits: [
      {
        file: "controllers/flinkstatesnapshot/gather.ts",
        find: "other.metadata.uid !== metadata.uid && other.metadata.deletionTimestamp === undefined);",
        replace: "other.metadata.uid !== metadata.uid && other.metadata.deletionTimestamp !== undefined);",
      },
    ],
    workloads: ["snapshot-of-one-path"],
    kinds: [],
  },
  {
    name: "backoff-limit-zero-unlimited",
    fault: "repeats a snapshot without end whose backoffLimit is 0",
    edits: [
      {
        file: ofResource("attempt"),
        find: "const final = backoffLimit >= 0 && failures > backoffLimit;",
        replace: "const final = backoffLimit > 0 && failures > backoffLimit;",
      },
    ],
    workloads: [],
    kinds: ["rest"],
  },
  {
    name: "attempts-not-spaced",
    fault: "repeats a failed snapshot without the pause between two attempts",
    edits: [
      {
        file: ofResource("trigger"),
        find: "if (failures > 0 && now < retryAt) return { requeueAfterMs: retryAt - now };",
        replace: "if (failures > 0 && now < retryAt - 3_600_000) return { requeueAfterMs: retryAt - now };",
      },
    ],
    workloads: ["snapshot-savepoint"],
    kinds: ["rest"],
  },
  {
    name: "history-trimmed-at-wrong-end",
    fault: "forgets the newest savepoints of the history where there are too many",
    edits: [
      {
        file: ofJob("savepointHistory"),
        find: "const kept = savepoints.slice(-Math.max(1, maxCount));",
        replace: "const kept = savepoints.slice(0, Math.max(1, maxCount));",
      },
    ],
    workloads: ["snapshot-clean-up-legacy"],
    kinds: [],
  },
];
