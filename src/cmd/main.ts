/** The program of the operator's image. Its first argument selects the process. */

const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  operator: () => import("./operator.ts"),
  admission: () => import("./admission.ts"),
  // For Flink without Kubernetes.
  autoscaler: () => import("./autoscaler.ts"),
  crds: () => import("./crds.ts"),
  dashboard: () => import("./dashboard.ts"),
  "fetch-jars": () => import("./fetchJars.ts"),
  // The command line, for what needs no cluster, such as render; kubectl is not in the image.
  "kubectl-flink": () => import("./kubectl-flink.ts"),
  // The name in the Java operator's image.
  webhook: () => import("./admission.ts"),
};

const [command = "operator"] = process.argv.slice(2);
const start = Object.hasOwn(commands, command) ? commands[command] : undefined;
if (start === undefined) {
  console.error(`there is no command "${command}": use ${Object.keys(commands).join(", ")}`);
  process.exitCode = 2;
} else {
  // The command itself reads the arguments after its name.
  if (command === "kubectl-flink") process.argv.splice(2, 1);
  await start();
}
