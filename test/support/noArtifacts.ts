import { ArtifactError, type Artifacts } from "../../src/flink/artifacts/api.ts";

/** For operators that are given no session jobs. */
export const noArtifacts: Artifacts = {
  open: (uri) => Promise.reject(new ArtifactError("not-found", `${uri} is not to be fetched`)),
  close: async () => {},
};
