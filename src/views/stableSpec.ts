import { isDeepStrictEqual } from "node:util";

/**
 * What stays as it is in a return to an earlier spec: an earlier nonce would ask again for what was asked for once, up to a
 * redeployment that gives the state up. The operator itself keeps state and upgrade mode (src/core/job/rollback).
 */
const kept = {
  spec: ["restartNonce"],
  job: [
    "state",
    "upgradeMode",
    "savepointTriggerNonce",
    "checkpointTriggerNonce",
    "savepointRedeployNonce",
    "autoscalerResetNonce",
    "initialSavepointPath",
  ],
} as const;

/** The JSON merge patch that makes a spec an earlier one. */
export function patchToSpec(spec: object, earlier: object): object {
  const [present, before] = [spec as Spec, earlier as Spec];
  const job = withoutUndefined({ ...before.job, ...only(present.job ?? {}, kept.job) });
  const wanted = { ...before, ...only(present, kept.spec), job: present.job === undefined ? undefined : job };
  return patchOf(present, wanted);
}

type Spec = Record<string, unknown> & { job?: Record<string, unknown> };

/** These fields, undefined where they are absent. */
const only = (of: Record<string, unknown>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, of[name]]));

const withoutUndefined = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** RFC 7386: null removes a field, and lists are replaced. */
export function patchOf(from: Record<string, unknown>, to: Record<string, unknown>): Record<string, unknown> {
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  return Object.fromEntries(
    [...names]
      .filter((name) => !isDeepStrictEqual(from[name], to[name]))
      .map((name) => [name, changeOf(from[name], to[name])]),
  );
}

const changeOf = (from: unknown, to: unknown): unknown =>
  to === undefined ? null : isObject(from) && isObject(to) ? patchOf(from, to) : to;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
