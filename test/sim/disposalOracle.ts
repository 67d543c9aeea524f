import { resourceTypes } from "../../src/api/kubernetes.ts";
import { FORCE_DELETE_ANNOTATION } from "../../src/api/v1beta1/names.ts";
import { isOperatorWrite } from "./steps.ts";
import type { Violation } from "./violation.ts";
import { dig, textAt } from "./world/json.ts";
import { sameType } from "./world/kubernetes/store.ts";
import type { World } from "./world/world.ts";

const invariant = "disposes once";

/** A JobManager that did not respond, or an operator that died before it knew the response: it is requested again. */
const requestsPerFault = 1;

/** Each savepoint is disposed of by one request, and none that was to go is left. */
export const disposedOnce = (world: World): Violation[] => [...requestedTwice(world), ...leftBehind(world)];

const requestedTwice = ({ network, journal }: World): Violation[] => {
  const requests = network.restCalls.flatMap(({ operation, outcome }) => {
    const [, path] = /^disposeSavepoint (.+)$/.exec(operation) ?? [];
    return path === undefined || "error" in outcome ? [] : path;
  });
  const most = 1 + requestsPerFault * journal.of("fault").length;
  return [...Map.groupBy(requests, (path) => path)].flatMap(([path, { length }]) =>
    length <= most
      ? []
      : [{ invariant, message: `${length} disposals of ${path}`, at: journal.entries.length - 1 }],
  );
};

/** The savepoints of FlinkStateSnapshots that the operator has let go, although their data was to be deleted with them. */
const leftBehind = ({ store, storage, journal }: World): Violation[] => {
  const released = new Map(
    journal.entries.flatMap((entry) =>
      isOperatorWrite(entry) && entry.verb === "patch" && entry.outcome === "ok"
        ? [[entry.revision, entry.index] as const]
        : [],
    ),
  );
  return store.history.flatMap(({ revision, type, change, object }): Violation[] => {
    const at = released.get(revision);
    if (at === undefined || change !== "DELETED" || !sameType(type, resourceTypes.flinkStateSnapshot))
      return [];
    const path = textAt(object, "status", "path") ?? "";
    const savepoint = dig(object, "spec", "savepoint");
    const isForced = object.metadata.annotations?.[FORCE_DELETE_ANNOTATION] === "true";
    const isKept = savepoint === undefined || dig(savepoint, "disposeOnDelete") === false || isForced;
    if (isKept || path === "" || storage.snapshot(path) === undefined) return [];
    return [{ invariant, message: `${path} is left behind by ${object.metadata.name}`, at }];
  });
};
