import { Command } from "commander";
import packageJson from "../../../package.json" with { type: "json" };
import { addApply } from "./commands/apply.ts";
import { addApprove } from "./commands/approve.ts";
import { addAutoscaler } from "./commands/autoscaler.ts";
import { addCancel } from "./commands/cancel.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDiff } from "./commands/diff.ts";
import { addEvents } from "./commands/events.ts";
import { addExplain } from "./commands/explain.ts";
import { addLogs } from "./commands/logs.ts";
import { addMigrate } from "./commands/migrate.ts";
import { addPlan } from "./commands/plan.ts";
import { addPromote } from "./commands/promote.ts";
import { addRender } from "./commands/render.ts";
import { addReplay } from "./commands/replay.ts";
import { addReport } from "./commands/report.ts";
import { addRescale } from "./commands/rescale.ts";
import { addRollback } from "./commands/rollback.ts";
import { addSnapshot } from "./commands/snapshot.ts";
import { addSnapshots } from "./commands/snapshots.ts";
import { addSpecEdit, restartEdit, resumeEdit, suspendEdit } from "./commands/specEdits.ts";
import { addSql } from "./commands/sql.ts";
import { addStatus } from "./commands/status.ts";
import { addTop } from "./commands/top.ts";
import { addUi } from "./commands/ui.ts";
import type { Environment } from "./environment.ts";

/** All commands, declared once: the program, its help, the completions and docs/cli.md derive from them. */
export function createProgram(environment: Environment): Command {
  const program = new Command("kubectl-flink")
    .description("Asks and steers Flink jobs on Kubernetes. On the PATH it is also `kubectl flink`.")
    .version(packageJson.version)
    .helpCommand(false);
  addStatus(program, environment);
  addExplain(program, environment);
  addPlan(program, environment);
  addApply(program, environment);
  addDiff(program, environment);
  addEvents(program, environment);
  addTop(program, environment);
  addSnapshots(program, environment);
  addSnapshot(program, environment);
  for (const edit of [suspendEdit, resumeEdit, restartEdit]) addSpecEdit(program, environment, edit);
  addApprove(program, environment);
  addRescale(program, environment);
  addAutoscaler(program, environment);
  addRollback(program, environment);
  addCancel(program, environment);
  addPromote(program, environment);
  addLogs(program, environment);
  addUi(program, environment);
  addMigrate(program, environment);
  addReport(program, environment);
  addReplay(program, environment);
  addRender(program, environment);
  addSql(program, environment);
  addCompletion(program, environment);
  return program;
}
