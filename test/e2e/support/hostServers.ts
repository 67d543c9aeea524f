import { counterJar } from "../../../images/job.ts";
import {
  type Certificate,
  certificateFor,
  type JarServer,
  type JarServerOptions,
  startJarServer,
} from "../../support/jarServer.ts";
import { type S3Server, startS3Server } from "../../support/s3Server.ts";
import { kubectl } from "./commands.ts";

/**
 * Servers of jars on this machine that pods reach, each with the sample job: one call each, and `close()` at the end. Their
 * address is the node's, which is a private one: session jobs need
 * `kubernetes.operator.user.artifacts.disallow-restricted-hosts: false` for the first, and `allowed-schemes` for both.
 */

/** `/counter.jar`, and what else is in `jars`. */
export const startNodeJarServer = async (
  options: Partial<Omit<JarServerOptions, "address">>,
): Promise<JarServer> =>
  startJarServer({
    ...options,
    jars: { "counter.jar": await counterJar(), ...options.jars },
    address: await nodeAddress(),
  });

/** For a server of jars. An operator that is to trust its authority is installed after it. */
export const nodeCertificate = async (): Promise<Certificate> => certificateFor(await nodeAddress());

/** `s3://jobs/counter.jar`, with the settings that the operator's configuration needs for it. */
export async function startNodeS3Server(): Promise<S3Server & { config: Record<string, string> }> {
  const server = await startS3Server({ address: await nodeAddress() });
  await server.put("jobs", "counter.jar", await counterJar());
  const config = {
    "s3.endpoint": server.endpoint,
    "s3.path.style.access": "true",
    "s3.region": server.region,
    "s3.access-key": server.accessKey,
    "s3.secret-key": server.secretKey,
  };
  return { ...server, config };
}

const nodeAddress = (): Promise<string> =>
  kubectl("get", "nodes", "-o", 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}');
