import type { JobSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "../../config/buildError.ts";

const pythonMainClasses = [
  "org.apache.flink.client.python.PythonDriver",
  "org.apache.flink.client.python.PythonGatewayServer",
];
const pythonArguments = ["-py", "--python", "-pym", "--pyModule"];

/** Only a Python job needs no jar, because its classes are Flink's own. Same rule as in the reference's client. */
export function requireJar(job: JobSpec | undefined): void {
  if (job === undefined || job.jarURI?.trim()) return;
  const isPython =
    pythonMainClasses.includes(job.entryClass ?? "") ||
    job.args?.some((arg) => pythonArguments.includes(arg));
  if (isPython) return;
  throw new BuildError(
    "spec.job.jarURI",
    "spec.job.jarURI must name the job's jar, as local:///opt/flink/usrlib/job.jar; only a Python job has none",
  );
}
