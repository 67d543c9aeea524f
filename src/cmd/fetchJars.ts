/** The process of the init container that fetches the jars of a job (src/core/build/jarFetcher.ts). */
import { argv, env, exit } from "node:process";
import { downloadJars } from "./jarDownload.ts";

try {
  const [, , , directory = ""] = argv;
  await downloadJars(directory, env, (path) => console.log(`Fetched ${path}`));
  exit(0);
} catch (error) {
  // The end of the log is the termination message.
  console.error(error instanceof Error ? error.message : String(error));
  exit(1);
}
