import type { Command } from "commander";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { ageOf, formatTable, type Output } from "../../../views/format.ts";
import { listObjects } from "../clusterReader.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  namespaceOf,
  paintOf,
  print,
  withCluster,
  withOutput,
} from "../environment.ts";
import { showOrWatch, withWatch } from "../watch.ts";

interface EventsOptions extends ClusterOptions {
  readonly output?: Output;
  readonly watch?: true;
}

interface KubeEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly firstTimestamp?: string;
  readonly lastTimestamp?: string;
  readonly source?: { readonly component?: string };
}

export const addEvents = (program: Command, environment: Environment): void => {
  const command = program
    .command("events")
    .description("List the Events of a resource, newest last.")
    .argument("<name>", "NAME, or KIND/NAME");
  withWatch(withOutput(withCluster(command), ["wide", "json", "yaml"])).action(
    async (name: string, options: EventsOptions) => {
      const kubectl = environment.kubectl(options);
      const namespace = await namespaceOf(kubectl, options);
      await showOrWatch(environment, options, async () => {
        const { kind, metadata } = await findResource(kubectl, namespace, name);
        const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${metadata.name}`;
        const found = (await listObjects(kubectl, resourceTypes.event, {
          namespace,
          fieldSelector,
        })) as KubeEvent[];
        const events = found.toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
        if (events.length === 0 && options.output !== "json" && options.output !== "yaml")
          return environment.warn("there are no Events of it: the API server keeps them for an hour");
        const [now, paint] = [environment.now(), paintOf(environment)];
        const wide = options.output === "wide";
        print(environment, options.output, events, () =>
          formatTable(
            ["AGE", "TYPE", "REASON", "COUNT", ...(wide ? ["FIRST", "SOURCE"] : []), "MESSAGE"],
            events.map((event) => [
              ageOf(timeOf(event), now),
              event.type === "Warning" ? paint("yellow", "Warning") : (event.type ?? ""),
              event.reason ?? "",
              String(event.count ?? 1),
              ...(wide ? [ageOf(event.firstTimestamp, now), event.source?.component ?? ""] : []),
              event.message ?? "",
            ]),
          ),
        );
      });
    },
  );
};

const timeOf = ({ lastTimestamp, metadata }: KubeEvent): string =>
  lastTimestamp ?? metadata.creationTimestamp ?? "";
