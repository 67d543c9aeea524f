import type { KubeObject } from "../../api/kubernetes.ts";

/** Where `kubectl apply` keeps what it was given last. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** The live object as `kubectl apply` of the file would leave it: what the file has no longer, goes. */
export const asApplied = (live: KubeObject, given: KubeObject): KubeObject => ({
  ...live,
  metadata: { ...live.metadata },
  spec: merged(lastApplied(live)?.spec, live.spec, given.spec),
});

function lastApplied({ metadata: { annotations } }: KubeObject): Partial<KubeObject> | undefined {
  try {
    return JSON.parse(annotations?.[LAST_APPLIED] ?? "") as Partial<KubeObject>;
  } catch {
    return undefined;
  }
}

/** A null removes a field, and lists are replaced, as in a JSON merge patch. */
function merged(last: unknown, live: unknown, given: unknown): unknown {
  if (!isObject(given)) return given;
  const [before, known] = [asObject(last), asObject(live)];
  const kept = Object.keys(known).filter((field) => field in given || !(field in before));
  const fields = new Set([...kept, ...Object.keys(given)]);
  return Object.fromEntries(
    [...fields]
      .filter((field) => given[field] !== null)
      .map((field) => [
        field,
        field in given ? merged(before[field], known[field], given[field]) : known[field],
      ]),
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const asObject = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {});
