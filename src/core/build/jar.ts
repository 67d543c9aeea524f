import type { JobSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "../../config/buildError.ts";
import { PYTHON_DRIVER } from "../../config/jobProgram.ts";

const pythonMainClasses = [PYTHON_DRIVER, "org.apache.flink.client.python.PythonGatewayServer"];
const pythonArguments = ["-py", "--python", "-pym", "--pyModule"];

/**
 * A Python job needs no jar, because its classes are Flink's own, also if it is written as arguments: the rule of the
 * reference's client. An SQL job has the operator's.
 */
export function requireJar(job: JobSpec | undefined): void {
  if (job === undefined || job.sql !== undefined || job.python !== undefined || job.jarURI?.trim()) return;
  const isPython =
    pythonMainClasses.includes(job.entryClass ?? "") ||
    job.args?.some((arg) => pythonArguments.includes(arg));
  if (isPython) return;
  throw new BuildError(
    "spec.job.jarURI",
    "spec.job.jarURI must name the job's jar, as local:///opt/flink/usrlib/job.jar; only spec.job.sql and spec.job.python have none",
  );
}
