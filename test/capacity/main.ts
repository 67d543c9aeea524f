/** Measures the operator with many resources: npm run capacity -- --resources 100,1000 --output docs/capacity.md */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readOptions, UsageError, usage } from "./options.ts";
import { writePage } from "./page.ts";
import { say } from "./progress.ts";
import { runOnce } from "./run.ts";

/** Hours after which the bench ends, whatever it is doing. */
const mostHours = 3;

const ending = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => ending.abort(new Error(name)));
setTimeout(() => ending.abort(new Error(`not within ${mostHours} hours`)), mostHours * 3_600_000).unref();

try {
  const options = readOptions(process.argv.slice(2));
  mkdirSync(options.results, { recursive: true });
  for (const resources of options.sizes) {
    const file = join(options.results, `${options.isAutoscaled ? "autoscaled-" : ""}${resources}.json`);
    await runOnce(resources, options, ending.signal, (result) =>
      writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`),
    );
    say(`wrote ${file}`);
  }
  if (options.output !== undefined) writePage(options.results, options.output);
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${usage}`);
  else console.error(error);
  process.exitCode = 1;
}
