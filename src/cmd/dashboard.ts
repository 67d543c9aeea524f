/** The process of the dashboard: reads its options, wires the server, and shuts it down gracefully. */
import { join } from "node:path";
import { createOperatorConfiguration } from "../controllers/operatorConfiguration.ts";
import { readOptions } from "../dashboard/server/options.ts";
import { createDashboardServer } from "../dashboard/server/server.ts";
import { createStaticFiles } from "../dashboard/server/staticFiles.ts";
import { systemClock } from "../runtime/clock.ts";
import { readProcessContext } from "./processContext.ts";

const { env } = process;
const { log, logLevel, orExit } = readProcessContext(env, "The dashboard");

const options = orExit(() => {
  if (!env.DASHBOARD_CONFIG)
    throw new Error("DASHBOARD_CONFIG must name the file of options (docs/dashboard.md)");
  return readOptions(env.DASHBOARD_CONFIG);
});
/** Beside the bundle, in the image. */
const files = await orExit(() =>
  createStaticFiles(env.DASHBOARD_FILES ?? join(import.meta.dirname, "dashboard")),
);

/** By the name of the cluster. */
const configurations = new Map(
  options.clusters.flatMap(({ name, operatorConfigFolder }) => {
    if (operatorConfigFolder === undefined) return [];
    const folders = [operatorConfigFolder];
    const configuration = orExit(() =>
      createOperatorConfiguration({
        folders,
        clock: systemClock,
        log: log.child({ cluster: name }),
        logLevel,
      }),
    );
    configuration.follow(() => {});
    return [[name, configuration] as const];
  }),
);

const server = createDashboardServer({
  options,
  files,
  operatorConfigOf: (cluster) => configurations.get(cluster)?.current,
  clock: systemClock,
  log,
});
const port = await orExit(() => server.listen(options.port));
log.info({ port, clusters: options.clusters.map(({ name }) => name) }, "The dashboard listens");

async function end(signal: string): Promise<void> {
  log.info({ signal }, "ending");
  for (const configuration of configurations.values()) configuration.stop();
  await server.close();
  process.exit(0);
}

process.once("SIGTERM", (signal) => void end(signal));
process.once("SIGINT", (signal) => void end(signal));
