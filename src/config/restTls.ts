import type { RestTls } from "../api/flinkFacts.ts";
import type { FlinkConfig } from "./flinkConfig.ts";
import { flinkOptions } from "./flinkOptions.ts";

/** The TLS settings for Flink's REST API. The keystore is set only with mutual authentication. Undefined: no TLS. */
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
