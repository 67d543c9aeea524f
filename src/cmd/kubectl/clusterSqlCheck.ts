/** `sql check` in the cluster: in a short-lived pod with the image of the job, by the rights of the caller. */
import { randomBytes } from "node:crypto";
import type { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import type { KubeObject } from "../../api/kubernetes.ts";
import { SQL_RUNNER, SQL_RUNNER_CLASS, sqlCheckJvm } from "../../config/jobProgram.ts";
import { configurationFiles, printedCheck, type SqlChecked, type SqlScript } from "../sqlCheck.ts";
import { CommandError } from "./commandError.ts";
import type { Environment } from "./environment.ts";
import type { Kubectl } from "./kubectl.ts";

export interface ClusterCheck {
  readonly script: SqlScript;
  /** The name of the file, for errors. */
  readonly file: string;
  readonly image: string;
  readonly namespace: string;
  /** The path of the runner's jar. */
  readonly runner: string;
}

const TIMEOUT_SECONDS = 300;
const INTERVAL_MS = 1_000;
const DIRECTORY = "/opt/sql-check";
const CONTAINER = "check";
const SCRIPT_KEY = "script.sql";

/** Pod and ConfigMap are deleted at the end, also when the command is interrupted. Rejects with a CommandError or a KubectlError. */
export async function checkInCluster(
  environment: Environment,
  kubectl: Kubectl,
  check: ClusterCheck,
  signals: EventEmitter = process,
): Promise<SqlChecked> {
  const name = `flink-sql-check-${randomBytes(4).toString("hex")}`;
  const inNamespace = ["-n", check.namespace];
  const interruption = interruptedBy(signals);
  let isOver = false;
  let created: Promise<unknown> = Promise.resolve();
  const create = async (object: object): Promise<KubeObject> => {
    const creating = kubectl.run(["create", ...inNamespace, "-o", "json", "-f", "-"], JSON.stringify(object));
    created = creating.catch(() => {});
    return JSON.parse(await creating) as KubeObject;
  };
  const read = async (): Promise<CheckPod> => {
    if (isOver) throw new CommandError("the check is over");
    return JSON.parse(await kubectl.run(["get", "pod", name, ...inNamespace, "-o", "json"])) as CheckPod;
  };
  const run = async (): Promise<SqlChecked> => {
    // The ConfigMap belongs to the pod and goes with it, whatever becomes of this process. The pod waits for it.
    const { metadata } = await create(podOf(name, check));
    await create(configMapOf(name, metadata.uid ?? "", check));
    environment.warn(`Pod ${check.namespace}/${name}: checking the script`);
    await untilEnded(environment, read);
    return printedCheck(await kubectl.run(["logs", name, "-c", CONTAINER, ...inNamespace]), check.file);
  };
  try {
    return await Promise.race([run(), interruption.promise]);
  } finally {
    isOver = true;
    // A request that is on its way would create the pod after its deletion.
    await created;
    interruption.stop();
    // The result of the check counts, whatever becomes of its pod.
    await kubectl
      .run(["delete", "pod", name, ...inNamespace, "--ignore-not-found", "--wait=false"])
      .catch((error: Error) =>
        environment.warn(`Pod ${check.namespace}/${name} is still there, delete it: ${error.message}`),
      );
  }
}

/** Without a listener the process would end at once, and leave the pod. */
function interruptedBy(signals: EventEmitter) {
  let stop = () => {};
  const promise = new Promise<never>((_, reject) => {
    const interrupt = () => reject(new CommandError("interrupted; the pod of the check is deleted"));
    for (const signal of ["SIGINT", "SIGTERM"]) signals.once(signal, interrupt);
    stop = () => {
      for (const signal of ["SIGINT", "SIGTERM"]) signals.off(signal, interrupt);
    };
  });
  return { promise, stop };
}

const folderOf = (index: number): string => `${DIRECTORY}/variables-${index}`;
const variableKey = (name: string): string => `variable.${name}`;

function podOf(name: string, { script, image }: ClusterCheck): object {
  const { variables, variablesFrom = [] } = script;
  const own = [SCRIPT_KEY, SQL_RUNNER, ...Object.keys(configurationFiles(script))].map((key) => ({
    key,
    path: key,
  }));
  const inline = Object.keys(variables).map((key) => ({ key: variableKey(key), path: key }));
  const sources = [
    ...variablesFrom.map(({ configMapRef, secretRef }) =>
      configMapRef === undefined
        ? { secret: { secretName: secretRef?.name } }
        : { configMap: { name: configMapRef.name } },
    ),
    ...(inline.length === 0 ? [] : [{ configMap: { name, items: inline } }]),
  ];
  const folders = sources.flatMap((_, index) => ["--variables", folderOf(index)]);
  const classPath = `"$FLINK_HOME/lib/*:$FLINK_HOME/usrlib/*:${DIRECTORY}/program/${SQL_RUNNER}"`;
  const java = `exec java ${sqlCheckJvm.quiet.join(" ")} -cp ${classPath} ${SQL_RUNNER_CLASS} "$@"`;
  const scriptPath = `${DIRECTORY}/program/${SCRIPT_KEY}`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { "app.kubernetes.io/name": "flink-sql-check" } },
    spec: {
      restartPolicy: "Never",
      activeDeadlineSeconds: TIMEOUT_SECONDS,
      automountServiceAccountToken: false,
      // The user of Flink's images.
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 9999,
        runAsGroup: 9999,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: CONTAINER,
          image,
          command: ["bash", "-c", java, "bash", "--check", "--script", scriptPath, ...folders],
          env: [
            { name: "FLINK_CONF_DIR", value: `${DIRECTORY}/program` },
            { name: "JDK_JAVA_OPTIONS", value: sqlCheckJvm.addOpens },
          ],
          resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          volumeMounts: [
            { name: "program", mountPath: `${DIRECTORY}/program` },
            ...sources.map((_, index) => ({ name: `variables-${index}`, mountPath: folderOf(index) })),
          ],
        },
      ],
      volumes: [
        { name: "program", configMap: { name, items: own } },
        ...sources.map((source, index) => ({ name: `variables-${index}`, ...source })),
      ],
    },
  };
}

function configMapOf(name: string, uid: string, { script, runner }: ClusterCheck): object {
  const variables = Object.entries(script.variables).map(([key, value]) => [variableKey(key), String(value)]);
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid }] },
    data: {
      [SCRIPT_KEY]: script.text,
      ...configurationFiles(script),
      ...Object.fromEntries(variables),
    },
    binaryData: { [SQL_RUNNER]: readFileSync(runner, "base64") },
  };
}

interface CheckPod {
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly containerStatuses?: readonly {
      readonly name?: string;
      readonly state?: {
        readonly waiting?: { readonly reason?: string; readonly message?: string };
        readonly terminated?: object;
      };
    }[];
  };
}

/** What the kubelet does not mend by itself. */
const hopeless = /^(ErrImage|ImagePull|InvalidImageName|CreateContainer|RunContainer)/;

async function untilEnded(environment: Environment, read: () => Promise<CheckPod>): Promise<void> {
  const deadline = environment.now() + 1_000 * TIMEOUT_SECONDS;
  for (;;) {
    const { phase, reason, containerStatuses } = (await read()).status ?? {};
    if (reason === "DeadlineExceeded") throw tooLate();
    const { waiting, terminated } = containerStatuses?.find((each) => each.name === CONTAINER)?.state ?? {};
    // Where a webhook adds a sidecar, the pod runs on.
    if (phase === "Succeeded" || phase === "Failed" || terminated !== undefined) return;
    if (hopeless.test(waiting?.reason ?? ""))
      throw new CommandError(`the pod of the check cannot start: ${waiting?.message ?? waiting?.reason}`);
    if (environment.now() > deadline) throw tooLate();
    await environment.pause(INTERVAL_MS);
  }
}

const tooLate = (): CommandError =>
  new CommandError(
    `the check did not end within ${TIMEOUT_SECONDS / 60} minutes: see whether pods with this image start, and whether the ConfigMaps and Secrets of variablesFrom exist`,
  );
