import type { ResourceType } from "../../api/kubernetes.ts";
import type { Clock } from "../../runtime/clock.ts";
import { createRecentMap } from "../../runtime/recentMap.ts";
import type { Caller } from "./callers.ts";

const selfSubjectReview: ResourceType = {
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
};
const selfSubjectAccessReview: ResourceType = {
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
};

export interface Right {
  readonly verb: string;
  readonly type: ResourceType;
  readonly subresource?: string;
  /** Absent: in all namespaces. */
  readonly namespace?: string | undefined;
  readonly name?: string;
}

/** What the API server says of callers, asked with their own tokens. */
export interface Rights {
  /** The name that the API server knows the caller by. Rejects with a KubeError; 401: it accepts the token not, or not any more. */
  user(caller: Caller): Promise<string>;
  may(caller: Caller, right: Right): Promise<boolean>;
}

/** How long an answer counts. A right that is taken away is noticed after this time. */
export const rightsMaxAgeMs = 60_000;

export function createRights(clock: Clock): Rights {
  const known = createRecentMap<{ readonly at: number; readonly answer: Promise<unknown> }>(20_000);

  function remembered<Answer>(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const found = known.get(key);
    if (found !== undefined && clock.now() - found.at < rightsMaxAgeMs)
      return found.answer as Promise<Answer>;
    const answer = ask();
    known.set(key, { at: clock.now(), answer });
    // What failed is asked again.
    answer.catch(() => known.delete(key));
    return answer;
  }

  return {
    user: (caller) =>
      remembered(`${caller.key} user`, async () => {
        const review = await caller.kube.create(selfSubjectReview, { metadata: {} as never });
        const { userInfo } = (review.status ?? {}) as { userInfo?: { username?: string } };
        return userInfo?.username ?? "";
      }),
    may: (caller, { verb, type, subresource, namespace, name }) =>
      remembered(
        [caller.key, verb, type.group, type.plural, subresource, namespace, name].join(" "),
        async () => {
          const { group, version, plural } = type;
          const resourceAttributes = { verb, group, version, resource: plural, subresource, namespace, name };
          const review = await caller.kube.create(selfSubjectAccessReview, {
            metadata: {} as never,
            spec: { resourceAttributes },
          });
          return (review.status as { allowed?: boolean } | undefined)?.allowed === true;
        },
      ),
  };
}
