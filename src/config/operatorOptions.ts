import { boolean, declare } from "./option.ts";

const resource = declare("resource");

export const operatorOptions = {
  jobManagerStartupProbe: resource(
    "kubernetes.operator.jm-deployment.startup.probe.enabled",
    boolean,
    "Give the JobManager's container a startup probe on its REST API, unless the pod template has one.",
    { default: "true" },
  ),
  podTemplateMergeArraysByName: resource(
    "kubernetes.operator.pod-template.merge-arrays-by-name",
    boolean,
    "Merge the lists of two pod templates by the elements' `name`, where all have one, and not by position.",
    { default: "false" },
  ),
} as const;
