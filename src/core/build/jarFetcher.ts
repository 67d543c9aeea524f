/** The init container that fetches the jars of a job into each pod of its cluster (docs/adr/0029). */
import type { FlinkVersion, PodTemplateSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { flinkConfigMapName, MAIN_CONTAINER, programConfigMapName } from "../../api/v1beta1/names.ts";
import { JARS_DIRECTORY } from "../../config/jobJars.ts";
import { configFileName } from "./config/flinkConfigMap.ts";
import { JAR_REQUEST_FILE } from "./jarRequest.ts";
import { asRecord, type JsonObject } from "./json.ts";
import { addMounts, append } from "./pod/podDecorator.ts";
import { closeDraft, openTemplate } from "./pod/podTemplate.ts";
import { restrictedSecurityContext } from "./pod/securityContext.ts";

export const JAR_FETCHER = "flink-jar-fetcher";
export const REQUEST_DIRECTORY = "/opt/flink-jar-fetcher";
export const REQUEST_VOLUME = "flink-jar-request";
export const JARS_VOLUME = "flink-jars";

interface FetchingPod {
  readonly clusterId: string;
  readonly version: FlinkVersion;
  /** The image with the operator's program; undefined in a trial build. */
  readonly image: string | undefined;
}

/**
 * The template with the init container and the directory of jars. It has environment and mounts of the container that runs
 * Flink, as the template has them: credentials, proxies and certificates are the same for both.
 */
export function withJarFetcher(
  template: PodTemplateSpec | undefined,
  { clusterId, version, image }: FetchingPod,
): PodTemplateSpec {
  const draft = openTemplate(template);
  const { env, envFrom } = draft.main;
  const fetcher: JsonObject = append(
    {
      name: JAR_FETCHER,
      ...(image === undefined ? {} : { image }),
      args: ["fetch-jars", REQUEST_DIRECTORY],
      ...(env === undefined ? {} : { env }),
      ...(envFrom === undefined ? {} : { envFrom }),
      resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "256Mi" } },
      securityContext: restrictedSecurityContext(asRecord(draft.main.securityContext)),
      // The last lines say which jar cannot be had.
      terminationMessagePolicy: "FallbackToLogsOnError",
      ...(draft.main.volumeMounts === undefined ? {} : { volumeMounts: draft.main.volumeMounts }),
    },
    "volumeMounts",
    [
      { name: JARS_VOLUME, mountPath: JARS_DIRECTORY },
      { name: REQUEST_VOLUME, mountPath: REQUEST_DIRECTORY, readOnly: true },
    ],
  );
  const mounted = addMounts({ ...draft, main: { ...draft.main, name: MAIN_CONTAINER } }, [
    { name: JARS_VOLUME, mountPath: JARS_DIRECTORY, source: { emptyDir: {} } },
  ]);
  const sources = [
    configMapItem(programConfigMapName(clusterId), JAR_REQUEST_FILE),
    configMapItem(flinkConfigMapName(clusterId), configFileName(version)),
  ];
  const spec = append(mounted.spec, "volumes", [{ name: REQUEST_VOLUME, projected: { sources } }]);
  return closeDraft({ ...mounted, spec: append(spec, "initContainers", [fetcher]) });
}

const configMapItem = (name: string, key: string) => ({
  configMap: { name, items: [{ key, path: key }] },
});
