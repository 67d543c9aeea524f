import { join } from "node:path";
import { javaJar } from "../../../images/javaJar.ts";

/** A jar with a connector that Flink finds as a service, for the JobManager, and a function for TaskManagers. */
export const connectorJar = (): Promise<string> =>
  javaJar({
    name: "example-connector",
    sources: join(import.meta.dirname, "../connector/src"),
    resources: join(import.meta.dirname, "../connector/resources"),
    javaRelease: "11",
  });
