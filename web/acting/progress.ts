import type { Action, ResourcePage } from "../../src/dashboard/contract.ts";

/** An action that the server has accepted. */
export interface Operation {
  readonly id: string;
  readonly action: Action;
  readonly name: string;
  /** What the server said. */
  readonly message: string;
  /** The parallelism that was asked for. */
  readonly parallelism?: number;
  /** The name of the FlinkStateSnapshot that was asked for. */
  readonly snapshot?: string;
  /** What the resource has to reach. */
  readonly resourceVersion?: string;
  /** The page before the action. */
  readonly before: ResourcePage;
  /** In milliseconds. */
  readonly startedAt: number;
}

export interface Progress {
  readonly state: "asked" | "working" | "done" | "failed";
  /** What is being done, or what failed. */
  readonly text?: string;
}

/** How long a resource may look settled before the operator begins. */
export const BEGINS_WITHIN_MS = 15_000;

/** How far an operation is when `page` arrives. A finished one stays so. */
export function progressOf(operation: Operation, known: Progress, page: ResourcePage, now: number): Progress {
  if (known.state === "done" || known.state === "failed") return known;
  if (!hasReached(page.resourceVersion, operation.resourceVersion)) return known;
  if (isOfSnapshot(operation)) return snapshotProgress(operation, known, page);
  const { row } = page;
  const [text = row.message] = page.explanation;
  // What is over is so for the spec before the action, until the operator has seen the newest.
  if (page.isObserved !== false) {
    if (row.health === "Stalled") return { state: "failed", text: row.message };
    if (isDone(operation, known, page, now)) return { state: "done" };
  }
  if (row.health === "InProgress" || row.health === "Deleting") return { state: "working", text };
  return known;
}

function isDone(operation: Operation, known: Progress, page: ResourcePage, now: number): boolean {
  const { before } = operation;
  switch (operation.action) {
    case "suspend":
      return page.row.health === "Suspended";
    case "resume":
      return page.row.health === "Ready";
    case "promote":
      return activeSide(page) !== activeSide(before) && page.row.health === "Ready";
    case "rescale":
      return page.row.health === "Ready" && page.row.parallelism === operation.parallelism;
    default: {
      const isSettled = page.row.health === "Ready" || page.row.health === "Suspended";
      return isSettled && (known.state === "working" || now - operation.startedAt > BEGINS_WITHIN_MS);
    }
  }
}

const isOfSnapshot = ({ action }: Operation): boolean => action === "savepoint" || action === "checkpoint";

/** By the snapshot itself: the job goes on meanwhile, in whatever health. */
function snapshotProgress({ snapshot }: Operation, known: Progress, page: ResourcePage): Progress {
  const found = page.snapshots.find(({ name }) => name !== undefined && name === snapshot);
  if (found?.isFailed === true) return { state: "failed", text: found.why };
  return found === undefined || found.location === "" ? known : { state: "done" };
}

const activeSide = ({ sides }: ResourcePage): string | undefined => sides?.find(({ active }) => active)?.side;

/** Whether a resource's version is at least the wanted one. Those of Kubernetes are numbers, however long. */
function hasReached(version: string, wanted: string | undefined): boolean {
  if (wanted === undefined || version === wanted) return true;
  if (!/^\d+$/.test(version) || !/^\d+$/.test(wanted)) return true;
  return BigInt(version) >= BigInt(wanted);
}
