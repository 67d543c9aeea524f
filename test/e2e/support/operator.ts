/** The operator as deploy/operator.yaml installs it. */
export const operatorNamespace = "flink-operator";
export const operatorDeployment = "flink-kubernetes-operator";
export const operatorImage = "localhost/flink-kubernetes-operator:dev";
