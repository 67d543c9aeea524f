import { boolean, declare, duration, integer, string } from "../option.ts";

const option = declare("operator");

/** Options of the metrics. */
export const metricOptions = {
  resourceMetrics: option(
    "kubernetes.operator.resource.metrics.enabled",
    boolean,
    "Count the resources by state, version and namespace.",
    { default: "true" },
  ),
  lifecycleMetrics: option(
    "kubernetes.operator.resource.lifecycle.metrics.enabled",
    boolean,
    "Measure how long resources stay in a lifecycle state and take from one to the next.",
    { default: "true" },
  ),
  lifecycleNamespaceHistograms: option(
    "kubernetes.operator.resource.lifecycle.namespace.histograms.enabled",
    boolean,
    "Have these measurements for each namespace, too.",
    { default: "true" },
  ),
  frameworkMetrics: option(
    "kubernetes.operator.josdk.metrics.enabled",
    boolean,
    "Measure passes, queues and events.",
    { default: "true" },
  ),
  processMetrics: option(
    "kubernetes.operator.jvm.metrics.enabled",
    boolean,
    "Measure the operator's own process.",
    { default: "true" },
  ),
  kubeClientMetrics: option(
    "kubernetes.operator.kubernetes.client.metrics.enabled",
    boolean,
    "Measure the requests to the API server.",
    { default: "true" },
  ),
  kubeClientResponseGroups: option(
    "kubernetes.operator.kubernetes.client.metrics.http.response.code.groups.enabled",
    boolean,
    "Count their answers by class: 1xx to 5xx.",
    { default: "false" },
  ),
  kubeClientSlowRequest: option(
    "kubernetes.operator.kubernetes.client.metrics.slow.request.threshold",
    duration,
    "From when on such a request counts as slow.",
    { default: "5 s" },
  ),
  histogramSampleSize: option(
    "kubernetes.operator.metrics.histogram.sample.size",
    integer,
    "Samples that a histogram looks back on.",
    { default: "1000" },
  ),
  systemScope: option(
    "kubernetes.operator.metrics.scope.k8soperator.system",
    string,
    "Name pattern of metrics of the operator itself.",
    { default: "<host>.k8soperator.<namespace>.<name>.system" },
  ),
  namespaceScope: option(
    "kubernetes.operator.metrics.scope.k8soperator.resourcens",
    string,
    "Name pattern of metrics of a namespace.",
    { default: "<host>.k8soperator.<namespace>.<name>.namespace.<resourcens>.<resourcetype>" },
  ),
  resourceScope: option(
    "kubernetes.operator.metrics.scope.k8soperator.resource",
    string,
    "Name pattern of metrics of one resource.",
    {
      default: "<host>.k8soperator.<namespace>.<name>.resource.<resourcens>.<resourcename>.<resourcetype>",
    },
  ),
} as const;
