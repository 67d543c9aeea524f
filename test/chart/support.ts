import { type Manifest, type Rendering, renderChart } from "../../scripts/chart/helm.ts";

/** The rendered manifests of the chart. */
export interface Rendered {
  readonly all: readonly Manifest[];
  /** The only manifest of this kind and, if given, this name; throws where there is none or more than one. */
  one(kind: string, name?: string): Manifest;
  of(kind: string): Manifest[];
  readonly deployment: Manifest;
  // biome-ignore lint/suspicious/noExplicitAny: a pod as Kubernetes has it.
  readonly pod: any;
  // biome-ignore lint/suspicious/noExplicitAny: a container as Kubernetes has it.
  container(name?: string): any;
  /** A file of the operator's ConfigMap; by default its configuration. */
  file(name?: string): string;
}

export function render(values: object = {}, options: Omit<Rendering, "values"> = {}): Rendered {
  const all = renderChart({ ...options, values });
  const of = (kind: string) => all.filter((manifest) => manifest.kind === kind);
  const one = (kind: string, name?: string): Manifest => {
    const [found, ...others] = of(kind).filter(
      ({ metadata }) => name === undefined || metadata.name === name,
    );
    if (found === undefined || others.length > 0) {
      throw new Error(`${others.length > 0 ? "more than one" : "no"} ${kind} ${name ?? ""}`);
    }
    return found;
  };
  const pod = () => one("Deployment").spec.template.spec;
  return {
    all,
    of,
    one,
    get deployment() {
      return one("Deployment");
    },
    get pod() {
      return pod();
    },
    container: (name = "flink-kubernetes-operator") =>
      pod().containers.find((container: { name: string }) => container.name === name),
    file(name) {
      const { data } = one("ConfigMap");
      return data[name ?? ("config.yaml" in data ? "config.yaml" : "flink-conf.yaml")];
    },
  };
}
