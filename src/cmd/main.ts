/** The one program of the operator's image; its first argument says which process it becomes. */

const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  operator: () => import("./operator.ts"),
  admission: () => import("./admission.ts"),
  crds: () => import("./crds.ts"),
  // As the Java operator's image calls it.
  webhook: () => import("./admission.ts"),
};

const [command = "operator"] = process.argv.slice(2);
const start = Object.hasOwn(commands, command) ? commands[command] : undefined;
if (start === undefined) {
  console.error(`there is no command "${command}": use ${Object.keys(commands).join(", ")}`);
  process.exitCode = 2;
} else await start();
