import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createKubeClient } from "../../src/kube/client.ts";
import { kubeconfigAccess } from "../../src/kube/kubeconfig.ts";
import { complaintsOf } from "./complaints.ts";
import { autoscaledConfiguration, fullWindowSeconds } from "./environment/autoscaled.ts";
import { startControlPlane, stopControlPlane } from "./environment/controlPlane.ts";
import { awaitGarbageCollector, install, operatorUser } from "./environment/install.ts";
import { observe } from "./environment/observer.ts";
import { type OperatorProcess, startOperator } from "./environment/operatorProcess.ts";
import { namespaces } from "./environment/resource.ts";
import { startFakeCluster } from "./fake/handle.ts";
import { machine } from "./machine.ts";
import { openAuditLog } from "./measure/auditLog.ts";
import { usageOf } from "./measure/procfs.ts";
import type { Options, Phase } from "./options.ts";
import { measureBare } from "./phases/bare.ts";
import { measureCreation } from "./phases/creation.ts";
import { measureDeletion } from "./phases/deletion.ts";
import { measureEdits, measureHungEdits } from "./phases/edits.ts";
import { measureRest, settledSeconds } from "./phases/rest.ts";
import { measureRestart } from "./phases/restart.ts";
import { say } from "./progress.ts";
import type { RunResult } from "./results.ts";
import type { World } from "./world.ts";

/**
 * Measures one number of resources on a control plane of its own, and leaves nothing behind. `save` gets what is measured after
 * each phase: a run that fails has not been in vain.
 */
export async function runOnce(
  resources: number,
  options: Options,
  signal: AbortSignal,
  save: (result: RunResult) => void,
): Promise<void> {
  const [loadBefore = 0] = loadavg();
  const folder = mkdtempSync(join(tmpdir(), "capacity-"));
  // In reverse, whatever has happened.
  const endings: (() => Promise<unknown> | unknown)[] = [() => rmSync(folder, { recursive: true })];
  try {
    endings.push(stopControlPlane);
    const plane = await startControlPlane();
    const kube = createKubeClient(kubeconfigAccess(plane.kubeconfig), { userAgent: "capacity-bench" });
    endings.push(() => kube.close());
    const installation = await install(folder, plane.kubeconfig, {
      allRights: options.operatorCommand !== undefined,
      configuration: options.isAutoscaled ? autoscaledConfiguration(resources) : {},
    });
    await awaitGarbageCollector(kube, signal);
    const fake = await startFakeCluster(plane.kubeconfig);
    endings.push(fake.stop);
    const audit = await openAuditLog(plane.auditLog, operatorUser);
    endings.push(audit.close);
    const world = { kube, fake, audit, apiServerPid: plane.apiServerPid, signal };
    const logFile = join(folder, "operator.log");
    const start = async () => {
      const operator = await startOperator({ ...options, ...installation, logFile }, signal);
      endings.push(() => operator.end());
      return operator;
    };
    const about = {
      resources,
      machine: machine(),
      loadBefore,
      date: new Date().toISOString().slice(0, 10),
      commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
      ...(options.operatorCommand === undefined ? {} : { operator: options.operatorCommand }),
    };
    await measureAll(world, resources, options, start, (measured) => {
      const log = existsSync(logFile) ? readFileSync(logFile, "utf8") : "";
      save({ ...about, ...measured, complaints: complaintsOf(log) });
    });
  } finally {
    for (const end of endings.reverse()) {
      try {
        await end();
      } catch (error) {
        say(`while ending: ${error}`);
      }
    }
  }
}

async function measureAll(
  world: World,
  resources: number,
  options: Options,
  start: () => Promise<OperatorProcess>,
  onPhase: (measured: Partial<RunResult>) => void,
): Promise<void> {
  const results: Record<string, unknown> = {};
  async function phase(name: Phase, measure: () => Promise<unknown>): Promise<void> {
    if (!options.phases.has(name)) return;
    say(`${resources}: ${name}`);
    results[name] = await measure();
    onPhase(results as Partial<RunResult>);
    say(`${resources}: ${name}: ${JSON.stringify(results[name])}`);
  }

  await phase("bare", () => measureBare(world, resources));
  let operator = await start();
  const readySeconds = await operator.ready;
  results.start = { readySeconds, rssMiB: usageOf(operator.pid).rssMiB };
  const observer = await observe(world.kube, namespaces.jobs);
  const measured = () => ({ ...world, observer, operatorPid: operator.pid });
  let existing = resources;
  try {
    await phase("creation", () => measureCreation(measured(), resources));
    const settleSeconds = options.isAutoscaled ? fullWindowSeconds(resources) : settledSeconds;
    await phase("rest", () => measureRest(measured(), settleSeconds, options.restSeconds));
    await phase("edits", () => measureEdits(measured(), resources, 1));
    await phase("hung", () => measureHungEdits(measured(), resources, 2));
    await phase("restart", async () => {
      await operator.end();
      existing++;
      return measureRestart({ ...world, observer }, resources, async () => {
        operator = await start();
        return operator;
      });
    });
    await phase("deletion", () => measureDeletion(measured(), existing));
  } finally {
    observer.stop();
  }
}
