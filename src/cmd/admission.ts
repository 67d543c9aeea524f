/** The process of the admission webhook: reads its environment, wires the webhook, and shuts it down gracefully. */
import type { SecureContextOptions } from "node:tls";
import { createAdmission } from "../admission/admit.ts";
import { createCertificateManager } from "../admission/certificates/certificateManager.ts";
import { readMountedCertificate, watchMountedCertificate } from "../admission/certificates/mounted.ts";
import { type AdmissionServer, createAdmissionServer } from "../admission/server.ts";
import { admissionSettings } from "../admission/settings.ts";
import { createOperatorConfiguration } from "../controllers/operatorConfiguration.ts";
import { loadAccess } from "../kube/access.ts";
import { createKubeClient } from "../kube/client.ts";
import { sleep, systemClock } from "../runtime/clock.ts";
import { readProcessContext } from "./processContext.ts";

const { env } = process;
const { log, logLevel, folders, defaults, orExit } = readProcessContext(env, "The admission webhook");

/** The API server waits ten seconds for a response. Our own requests during a review get a part of that. */
const requestTimeoutMs = 3_000;
/** How long the API server may still send requests after the termination of this pod has begun. */
const drainMs = 3_000;

const access = orExit(loadAccess);
const settings = orExit(() => admissionSettings(env, access.namespace));
const configuration = orExit(() =>
  createOperatorConfiguration({ folders, clock: systemClock, log, logLevel, defaults }),
);
configuration.follow(() => {});
const kube = createKubeClient(access, { requestTimeoutMs });
const admission = createAdmission({ kube, config: configuration.current });
const ending = new AbortController();

let server: AdmissionServer | undefined;

async function serve(certificate: SecureContextOptions | undefined): Promise<void> {
  server = createAdmissionServer({ admission, log, certificate });
  try {
    const port = await server.listen(settings.port);
    log.info({ port, certificate: settings.certificate.kind }, "Answering admission reviews");
  } catch (error) {
    log.fatal({ error }, "The admission webhook cannot listen");
    process.exit(1);
  }
}

/** The first certificate starts the server. Later ones replace it without a restart. */
function use(certificate: SecureContextOptions): void {
  if (server === undefined) void serve(certificate);
  else server.useCertificate(certificate);
}

async function startCertificates(): Promise<void> {
  const { certificate: source, namespace } = settings;
  switch (source.kind) {
    case "none":
      log.warn("No certificate is configured: answering over plain HTTP");
      void serve(undefined);
      return;
    case "own":
      void createCertificateManager({
        kube,
        clock: systemClock,
        log,
        namespace,
        secretName: source.secretName,
        configurationName: source.configurationName,
        hosts: [
          `${source.serviceName}.${namespace}.svc`,
          `${source.serviceName}.${namespace}.svc.cluster.local`,
        ],
        onCertificate: ({ certificate, key }) => use({ cert: certificate, key }),
      }).run(ending.signal);
      return;
    case "folder":
    case "keystore": {
      const present = await orExit(() => readMountedCertificate(source));
      use(present);
      watchMountedCertificate({ source, present, clock: systemClock, log, onCertificate: use });
    }
  }
}

void startCertificates();

async function end(signal: string): Promise<void> {
  log.info({ signal }, "ending");
  await sleep(systemClock, drainMs);
  ending.abort();
  configuration.stop();
  await server?.close();
  await kube.close();
  process.exit(0);
}

process.once("SIGTERM", (signal) => void end(signal));
process.once("SIGINT", (signal) => void end(signal));
