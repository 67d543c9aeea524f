import { ArtifactError, type Artifacts } from "../../src/flink/artifacts/api.ts";

/** For operators without session jobs: every fetch fails. */
export const noArtifacts: Artifacts = {
  open: (uri) => Promise.reject(new ArtifactError("not-found", `${uri} is not to be fetched`)),
  close: async () => {},
};
