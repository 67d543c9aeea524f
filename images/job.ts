/** The sample job: one jar for all releases, since the classes do not depend on the release. */
import { join } from "node:path";
import { javaJar } from "./javaJar.ts";

export function counterJar(): Promise<string> {
  return javaJar({
    name: "counter",
    sources: join(import.meta.dirname, "..", "examples", "jobs", "counter", "src"),
    mainClass: "org.example.flink.counter.CounterJob",
    // The oldest Java version of the supported Flink versions.
    javaRelease: "11",
  });
}
