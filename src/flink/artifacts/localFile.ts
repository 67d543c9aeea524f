import { open, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import type { JarUri } from "../../api/jarUri.ts";
import { ArtifactError } from "./api.ts";
import { cacheFolder } from "./cache.ts";
import type { Remote } from "./remote.ts";

/** A jar in the operator's own container. Its real path must be below the directory for jars. */
export function localRemote(uri: JarUri, directory: string): Remote {
  const notThere = () =>
    new ArtifactError(
      "not-found",
      `${uri.label} is not in the operator's container: mount it below ${directory}`,
    );
  const path = decodeURIComponent(uri.url.pathname);
  return {
    async get(from) {
      const root = await realpath(directory).catch(() => directory);
      const real = await realpath(path).catch(() => {
        throw notThere();
      });
      if (!isBelow(real, root) || isBelow(real, join(root, cacheFolder))) {
        throw new ArtifactError(
          "not-allowed",
          `${uri.label} is not below ${directory}: only jars there can be used`,
        );
      }
      const file = await open(real, "r").catch((error: NodeJS.ErrnoException) => {
        throw new ArtifactError(
          "denied",
          `${uri.label} cannot be read (${error.code}): let the operator's user read it`,
        );
      });
      const status = await file.stat();
      if (!status.isFile()) {
        await file.close();
        throw notThere();
      }
      const body = file.createReadStream({ start: from.offset });
      return {
        offset: from.offset,
        size: status.size,
        validator: undefined,
        body,
        discard: () => void body.destroy(),
      };
    },
  };
}

const isBelow = (path: string, directory: string): boolean =>
  path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
