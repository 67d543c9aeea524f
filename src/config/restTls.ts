import type { RestTls } from "../api/flinkFacts.ts";
import type { FlinkConfig } from "./flinkConfig.ts";
import { flinkOptions } from "./flinkOptions.ts";

/** How Flink's REST API is called where it speaks TLS; the client has a certificate only where it is asked for one. */
export function restTls(config: FlinkConfig): RestTls | undefined {
  if (!config.get(flinkOptions.restTls)) return undefined;
  const { restTruststore, restTruststorePassword, restKeystore, restKeystorePassword } = flinkOptions;
  const store = (path: typeof restTruststore, password: typeof restTruststorePassword) => ({
    option: path.key,
    path: config.get(path),
    password: config.get(password),
  });
  return {
    truststore: store(restTruststore, restTruststorePassword),
    ...(config.get(flinkOptions.restClientAuthentication) && {
      keystore: store(restKeystore, restKeystorePassword),
    }),
  };
}
