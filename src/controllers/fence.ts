import { type FlinkRest, FlinkRestError } from "../flink/api.ts";
import type { KubeApi } from "../kube/api.ts";
import { KubeError } from "../kube/errors.ts";

/** Whether this operator may change anything at this moment. */
export type MayAct = () => boolean;

const refusal = "this operator may not act: it is not the leader (any more), or it is ending";

const guard =
  <Args extends unknown[], Answer>(
    mayAct: MayAct,
    act: (...args: Args) => Promise<Answer>,
    refuse: () => Error,
  ) =>
  async (...args: Args): Promise<Answer> => {
    if (!mayAct()) throw refuse();
    return act(...args);
  };

/**
 * The same API, but every write is refused while the operator may not act. `mayAct` is checked before each single write,
 * since a process can be paused between any two writes (a long garbage collection, a paused machine).
 */
export function fenceKube(kube: KubeApi, mayAct: MayAct): KubeApi {
  const refuse = () => new KubeError(0, "NotLeading", refusal);
  const writes: Omit<KubeApi, "get" | "list" | "newestVersion" | "watch" | "podLog"> = {
    create: guard(mayAct, kube.create, refuse),
    apply: guard(mayAct, kube.apply, refuse),
    replaceStatus: guard(mayAct, kube.replaceStatus, refuse),
    mergePatch: guard(mayAct, kube.mergePatch, refuse),
    jsonPatch: guard(mayAct, kube.jsonPatch, refuse),
    delete: guard(mayAct, kube.delete, refuse),
  };
  return { ...kube, ...writes };
}

type FlinkWrites =
  | "stopWithSavepoint"
  | "triggerSavepoint"
  | "triggerCheckpoint"
  | "disposeSavepoint"
  | "cancel"
  | "uploadJar"
  | "runJar"
  | "checkScript"
  | "deleteJar";

export function fenceFlink(flink: FlinkRest, mayAct: MayAct): FlinkRest {
  const refuse = () => new FlinkRestError(0, "refused", refusal);
  const writes: Pick<FlinkRest, FlinkWrites> = {
    stopWithSavepoint: guard(mayAct, flink.stopWithSavepoint, refuse),
    triggerSavepoint: guard(mayAct, flink.triggerSavepoint, refuse),
    triggerCheckpoint: guard(mayAct, flink.triggerCheckpoint, refuse),
    disposeSavepoint: guard(mayAct, flink.disposeSavepoint, refuse),
    cancel: guard(mayAct, flink.cancel, refuse),
    uploadJar: guard(mayAct, flink.uploadJar, refuse),
    runJar: guard(mayAct, flink.runJar, refuse),
    checkScript: guard(mayAct, flink.checkScript, refuse),
    deleteJar: guard(mayAct, flink.deleteJar, refuse),
  };
  return { ...flink, ...writes };
}
