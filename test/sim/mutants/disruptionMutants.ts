import type { Mutant } from "./mutant.ts";

const wave = "core/job/disruption/wave.ts";
const waves = "controllers/job/waves.ts";
const hold = "core/job/disruption/hold.ts";
const pendingChange = "core/job/disruption/pendingChange.ts";

type Planted = Omit<Mutant, "workloads" | "kinds"> & Partial<Pick<Mutant, "kinds">>;
const among =
  (...workloads: readonly string[]) =>
  (mutant: Planted): Mutant => ({ workloads, kinds: [], ...mutant });

const inWaves = among("wave-waits-one-at-a-time", "wave-waits-two-at-a-time", "wave-one-at-a-time");
const inWindows = among("disruption-window", "disruption-window-edit", "disruption-window-edited-meanwhile");
const withApproval = among(
  "approval-savepoint",
  "approval-edited-midway",
  "approval-refused-before",
  "approval-session-job",
);
const warm = among(
  "warm-upgrade",
  "warm-upgrade-twice",
  "warm-taken-back",
  "warm-failing-job",
  "warm-without-room",
);

/** Mistakes in what a change waits for, and in upgrades whose new cluster stands first. */
export const disruptionMutants: readonly Mutant[] = [
  inWaves({
    name: "wave-one-too-many",
    fault: "disrupts one resource more than the limit of the wave allows",
    edits: [{ file: wave, find: "wave.disrupted >= places", replace: "wave.disrupted > places" }],
  }),
  inWaves({
    name: "wave-next-not-called",
    fault: "calls nobody when a place of the wave becomes free",
    edits: [
      {
        file: waves,
        find: "      if (isLess || isNew || current === undefined) callNext(namespace, wave);\n",
        replace: "      if (isNew || current === undefined) callNext(namespace, wave);\n",
      },
    ],
  }),
  inWaves({
    name: "wave-percentage-rounded-up",
    fault: "rounds the percentage of the wave up",
    edits: [
      {
        file: wave,
        find: "Math.floor((resources * max.percent) / 100)",
        replace: "Math.ceil((resources * max.percent) / 100)",
      },
    ],
  }),
  inWaves({
    name: "wave-place-until-stable-only",
    fault:
      "gives the place of the wave up as soon as the resource is stable, without waiting for its stable time",
    edits: [
      { file: wave, find: "now >= stableSince + settings.stableTimeMs", replace: "now >= stableSince" },
    ],
  }),
  inWaves({
    name: "wave-stopped-told-each-time",
    fault: "tells of each failure after the one that stops the wave that it has stopped",
    edits: [
      { file: wave, find: "if (failed !== limit) return [];", replace: "if (failed < limit) return [];" },
    ],
  }),
  inWindows({
    name: "window-ignored-at-its-end",
    fault: "takes a disruption window for open until one duration after its end",
    edits: [
      {
        file: "config/values/disruptionWindows.ts",
        find: "opens.nextRun(new Date(now - durationMs))",
        replace: "opens.nextRun(new Date(now - 2 * durationMs))",
      },
    ],
  }),
  inWindows({
    name: "window-awaited-by-edits",
    fault: "lets an edit wait for a disruption window, as if nobody had asked for it",
    edits: [
      {
        file: hold,
        find: "if (isAskedFor(change) || isUnderWay(before)) return undefined;",
        replace: "if (isUnderWay(before)) return undefined;",
      },
    ],
  }),
  inWindows({
    name: "window-closes-over-a-stop",
    fault: "stops in the middle of an upgrade when the disruption window closes",
    edits: [
      {
        file: hold,
        find: "if (isAskedFor(change) || isUnderWay(before)) return undefined;",
        replace: "if (isAskedFor(change)) return undefined;",
      },
    ],
  }),
  inWindows({
    name: "pending-since-of-last-look",
    fault: "says that a change has waited since the last look at it",
    edits: [
      {
        file: pendingChange,
        find: "const isSame = isKnown && JSON.stringify(known.changes) === JSON.stringify(changes);",
        replace: "const isSame = isKnown && known.changes === changes;",
      },
      { file: pendingChange, find: "const since = isKnown ? known.since : ", replace: "const since = " },
    ],
  }),
  withApproval({
    name: "approval-of-any-generation",
    fault: "takes the approval of an earlier generation for that of the present one",
    edits: [
      {
        file: hold,
        find: "?.trim() === String(generation);",
        replace: "?.trim() !== undefined;",
      },
    ],
  }),
  withApproval({
    name: "approval-of-a-refused-edit-omitted",
    fault: "acts without approval on an edit that was refused before and has become valid",
    edits: [
      {
        file: hold,
        find: "    before.refusedGeneration === generation\n",
        replace: "    before.refusedGeneration === -1\n",
      },
      {
        file: hold,
        find: "if (isEdit || before.error?.includes(errorTypes.validation) === true) {",
        replace: "if (isEdit) {",
      },
    ],
  }),
  withApproval({
    name: "approval-told-in-each-pass",
    fault: "records in every pass that an edit waits for approval",
    edits: [
      {
        file: pendingChange,
        find: "before?.generation === pending.generation && before?.waitsFor === pending.waitsFor",
        replace: "before?.generation === pending.generation && before?.waitsFor !== pending.waitsFor",
      },
      {
        file: pendingChange,
        find: 'component: "Operator", message, key, once: true',
        replace: 'component: "Operator", message, key',
      },
    ],
  }),
  warm({
    name: "warm-old-cluster-kept",
    fault: "leaves the old cluster where it is after a warm upgrade, until the next one",
    edits: [
      {
        file: "core/job/warm/endWarmUpgrade.ts",
        find: "return takeDown(situation, other, exposed(situation, warm));",
        replace: "return undefined;",
      },
    ],
  }),
  warm({
    name: "warm-old-cluster-down-early",
    fault: "takes the old cluster down before the tasks of the new job are at work",
    edits: [
      {
        file: "core/job/warm/endWarmUpgrade.ts",
        find: "const isSettled = isAtWork(job) || hasEnded",
        replace: "const isSettled = job !== undefined || hasEnded",
      },
    ],
  }),
  warm({
    name: "warm-without-task-managers",
    fault: "stops the job before the TaskManagers of the new cluster are there",
    edits: [
      {
        file: "core/job/warm/standby.ts",
        find: "other.flink.jobs.length === 0 && present >= slots;",
        replace: "other.flink.jobs.length === 0 && present >= 0 * slots;",
      },
    ],
  }),
  warm({
    name: "warm-config-maps-left",
    fault: "leaves the ConfigMaps of the cluster that a warm upgrade has replaced",
    edits: [
      {
        file: "core/job/warm/endWarmUpgrade.ts",
        find: "...(clusterId === undefined ? [] :",
        replace: "...(clusterId === undefined || last.length > 0 ? [] :",
      },
    ],
  }),
  warm({
    name: "warm-service-not-moved",
    fault: "leaves the REST Service of a resource with the cluster that is gone",
    edits: [
      {
        file: "core/job/warm/endWarmUpgrade.ts",
        find: "if (deploymentUid === undefined) return [];",
        replace: "if (deploymentUid !== undefined) return [];",
      },
      {
        file: "core/job/warm/endWarmUpgrade.ts",
        find: "objects: standbyObjects(situation, warm, situation.asDeployed), deploymentUid }",
        replace: 'objects: standbyObjects(situation, warm, situation.asDeployed), deploymentUid: "" }',
      },
    ],
  }),
  warm({
    name: "warm-timeout-from-last-look",
    fault: "waits without end for a new cluster that finds no room",
    edits: [
      {
        file: "core/job/warm/warmFirst.ts",
        find: "const isLate = now >= warm.startTime + timeoutMs;",
        replace: "const isLate = now >= now + timeoutMs;",
      },
    ],
  }),
  warm({
    name: "warm-gate-opened-again",
    fault: "opens the gate of the new cluster again in every pass until its job is there",
    edits: [
      {
        file: "core/job/warm/endWarmUpgrade.ts",
        find: "if (requests?.openedGate === jobManager?.uid) return undefined;",
        replace: 'if (requests?.openedGate === "") return undefined;',
      },
    ],
  }),
];
