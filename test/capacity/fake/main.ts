/** The fake kubelet and the fake JobManagers, in a process of their own: node test/capacity/fake/main.ts KUBECONFIG */
import { createKubeClient } from "../../../src/kube/client.ts";
import { kubeconfigAccess } from "../../../src/kube/kubeconfig.ts";
import { serveFlink } from "./flinkServer.ts";
import { createJobManagers } from "./jobManagers.ts";
import { runKubelet } from "./kubelet.ts";
import type { FromFake, Stats, ToFake } from "./messages.ts";

const [kubeconfig = ""] = process.argv.slice(2);
const kube = createKubeClient(kubeconfigAccess(kubeconfig), { userAgent: "capacity-kubelet" });
const jobManagers = createJobManagers();
const flink = await serveFlink(jobManagers);
const kubelet = await runKubelet(kube, jobManagers, (address) => flink.closeOf([address]));

const stats = (): Stats => ({ ...kubelet.stats(), flink: flink.counts() });
const send = (message: FromFake) => process.send?.(message);

process.on("message", (message: ToFake) => {
  if (message.ask === "mode") flink.closeOf(jobManagers.setMode(message.mode, message.clusters));
  send({ id: message.id, stats: stats() });
});
// The bench has ended, in whatever way. Signals of the terminal are the bench's.
process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => undefined);
send({ id: 0, stats: stats() });
