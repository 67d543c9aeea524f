import { declare, duration, integer, oneOf, string } from "../option.ts";

const declared = declare("operator");
const option: typeof declared = (name, ...rest) => declared(`autoscaler.standalone.${name}`, ...rest);

/** Options of the autoscaler as a process of its own, which runs without an operator. */
export const standaloneAutoscalerOptions = {
  controlLoopInterval: option("control-loop.interval", duration, "Period of the scaling loop.", {
    default: "10 s",
  }),
  controlLoopParallelism: option("control-loop.parallelism", integer, "Jobs looked at at a time.", {
    default: "100",
  }),
  eventHandlerType: option("event-handler.type", oneOf("LOGGING", "JDBC"), "Where scaling events go.", {
    default: "LOGGING",
  }),
  fetcherHost: option("fetcher.flink-cluster.host", string, "Host of the REST API of the cluster to scale.", {
    default: "localhost",
  }),
  fetcherPort: option("fetcher.flink-cluster.port", integer, "Its port.", { default: "8081" }),
  jdbcEventTtl: option(
    "jdbc.event-handler.ttl",
    duration,
    "How long events stay in the database; 0: for ever.",
    { default: "90 d" },
  ),
  jdbcPasswordVariable: option(
    "jdbc.password-env-variable",
    string,
    "The environment variable with the database's password.",
    { default: "JDBC_PWD" },
  ),
  jdbcUrl: option("jdbc.url", string, "URL of the database."),
  jdbcUsername: option("jdbc.username", string, "User of the database."),
  stateStoreType: option("state-store.type", oneOf("MEMORY", "JDBC"), "Where the state of scaling is kept.", {
    default: "MEMORY",
  }),
} as const;
