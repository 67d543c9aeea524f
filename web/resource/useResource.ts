import { useEffect, useState } from "preact/hooks";
import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { showPage } from "../acting/operations.ts";
import { eventStream, type StreamState } from "../api/eventStream.ts";
import { ApiFailure, NO_ANSWER, request } from "../api/request.ts";
import { inCluster } from "../api/session.ts";
import { type ResourceRef, urlOf } from "../api/urls.ts";

export interface Seen {
  /** The newest page; it stays when the resource is gone, so that what was seen of a job can still be read. */
  readonly page?: ResourcePage;
  readonly failure?: string;
  readonly state: StreamState;
}

export function useResource(ref: ResourceRef): Seen {
  const [seen, setSeen] = useState<Seen>({ state: "connecting" });
  // The page of another resource is another component (its key)
  useEffect(() => {
    let closed = false;
    const arrive = (page: ResourcePage): void => {
      if (closed) return;
      showPage(page);
      setSeen(({ state }) => ({ page, state }));
    };
    const ask = async (): Promise<void> => {
      try {
        arrive(await inCluster(ref.cluster, () => request<ResourcePage>("GET", urlOf("resource", ref))));
      } catch (error) {
        // Without an answer the page stays as it is: the state of the connection is shown.
        if (closed || (error instanceof ApiFailure && error.status === NO_ANSWER)) return;
        setSeen((before) => ({ ...before, failure: (error as Error).message }));
      }
    };
    void ask();
    const close = eventStream({
      url: urlOf("resourceEvents", ref),
      names: ["page"],
      onEvent: (_, data) => arrive(data as ResourcePage),
      onState: (state) => setSeen((before) => ({ ...before, state })),
      onFailure: () => void ask(),
    });
    return () => {
      closed = true;
      close();
    };
  }, []);
  return seen;
}
