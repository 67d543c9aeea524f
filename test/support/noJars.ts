import type { JarSource } from "../../src/flink/submitJar.ts";

/** For operators that are given no session jobs. */
export const noJars: JarSource = {
  open: (uri) => Promise.reject(new Error(`${uri} is not to be fetched`)),
};
