import { beforeEach, expect, it } from "vitest";
import { createLogger } from "../../telemetry/log.ts";
import { type Audit, createAudit } from "./audit.ts";

let lines: string[];
let audit: Audit;

beforeEach(() => {
  lines = [];
  audit = createAudit(createLogger({ format: "text", destination: { write: (line) => lines.push(line) } }));
});

const last = () => lines.at(-1)?.trimEnd().replace(/^\S+ /, "");

it("says each state, or the error, in the reference's columns", () => {
  audit.status("ns", "a", { lifecycleState: "STABLE" });
  expect(last()).toBe(
    "FlinkDeployment [INFO ][ns/a] >>> Status[Job]      | Info    | STABLE          | The resource deployment is " +
      "considered to be stable and won't be rolled back",
  );
  audit.status("ns", "a", { lifecycleState: "FAILED", error: '{"message":"no"}' });
  expect(last()).toContain('>>> Status[Job]      | Error   | FAILED          | {"message":"no"}');
});

it("says how far a snapshot is, and where it is or why not", () => {
  const snapshots = createAudit(
    createLogger({ format: "text", destination: { write: (line) => lines.push(line) } }),
    "FlinkStateSnapshot",
  );
  snapshots.snapshot("ns", "s", { state: "COMPLETED", path: "s3://a/savepoint-1", failures: 0 });
  expect(last()).toBe(
    "FlinkStateSnapshot [INFO ][ns/s] >>> Status[Snapshot] | COMPLETED       | s3://a/savepoint-1",
  );
  snapshots.snapshot("ns", "s", { state: "FAILED", error: "no", failures: 1 });
  expect(last()).toContain(">>> Status[Snapshot] | FAILED          | no");
});

it("says each event, without secrets", () => {
  audit.event("ns", "a", {
    type: "Warning",
    reason: "ValidationError",
    component: "Operator",
    message: "s3.secret-key: hidden is wrong",
  });
  expect(last()).toContain(">>> Event[Operator]  | Warning | VALIDATIONERROR | ");
  expect(last()).not.toContain("hidden");
});

it("says a change of the job's state in the words that tools look for", () => {
  audit.event("ns", "a", {
    type: "Normal",
    reason: "JobStatusChanged",
    component: "Job",
    message: "Job status changed from RUNNING to FINISHED",
  });
  expect(last()).toMatch(
    />>> Event\[Job\] +\| Info {4}\| JOBSTATUSCHANGED \| Job status changed from .* to FINISHED$/,
  );
});

it("says once that there is nothing more to do, and again after the next change", () => {
  const stable = { lifecycleState: "STABLE" } as const;
  audit.idle("default", "job", { lifecycleState: "DEPLOYED" });
  expect(lines).toEqual([]);
  const isStopping = { ...stable, conditions: [{ type: "Reconciling", status: "True" }] };
  audit.idle("default", "job", isStopping);
  audit.idle("default", "job", { ...stable, jobStatus: { savepointInfo: { triggerType: "MANUAL" } } });
  expect(lines).toEqual([]);
  audit.idle("default", "job", stable);
  audit.idle("default", "job", stable);
  expect(lines).toHaveLength(1);
  expect(last()).toMatch(/.default\/job. Resource fully reconciled, nothing to do/);
  audit.status("default", "job", stable);
  audit.idle("default", "job", stable);
  expect(lines).toHaveLength(3);
});
