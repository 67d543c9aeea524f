import { flinkOptions } from "../../../config/flinkOptions.ts";
import { singlePort } from "../config/clientConfig.ts";
import { decorateEnvironment } from "./environment.ts";
import {
  decorateContainer,
  decorateIdentity,
  decorateMetadata,
  decorateRestartPolicy,
  decorateScheduling,
} from "./flinkPod.ts";
import { decorateTaskManagerMounts } from "./mounts.ts";
import { append, type PodDecorator } from "./podDecorator.ts";
import { taskManagerRole } from "./podRole.ts";

const decorators: readonly PodDecorator[] = [
  decorateMetadata(taskManagerRole),
  decorateIdentity(taskManagerRole),
  decorateScheduling(taskManagerRole),
  decorateRestartPolicy,
  decorateContainer(taskManagerRole),
  (pod, { config }) => ({
    ...pod,
    main: append(pod.main, "ports", [
      { name: "taskmanager-rpc", containerPort: singlePort(config, flinkOptions.taskManagerRpcPort) },
    ]),
  }),
  decorateEnvironment(taskManagerRole, []),
  (pod, { config }) => ({
    ...pod,
    main: { ...pod.main, command: [config.get(flinkOptions.entryPath)], args: ["taskmanager"] },
  }),
  decorateTaskManagerMounts,
];

/** The pod of a TaskManager of a standalone cluster. */
export const decorateTaskManagerPod: PodDecorator = (pod, cluster) =>
  decorators.reduce((result, decorate) => decorate(result, cluster), pod);
