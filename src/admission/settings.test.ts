import { expect, it } from "vitest";
import { admissionSettings } from "./settings.ts";

const settings = (env: NodeJS.ProcessEnv) => admissionSettings(env, "flink");

it("reads the Java operator's environment variables", () => {
  expect(
    settings({
      WEBHOOK_KEYSTORE_FILE: "/certs/keystore.p12",
      WEBHOOK_KEYSTORE_TYPE: "pkcs12",
      WEBHOOK_KEYSTORE_PASSWORD: "p",
      WEBHOOK_SERVER_PORT: "9444",
      OPERATOR_NAMESPACE: "operators",
    }),
  ).toEqual({
    port: 9444,
    namespace: "operators",
    certificate: { kind: "keystore", folder: "/certs", file: "/certs/keystore.p12", password: "p" },
  });
  expect(
    settings({ WEBHOOK_KEYSTORE_FILE: "/certs/keystore.jks", WEBHOOK_KEYSTORE_TYPE: "JKS" }).certificate,
  ).toMatchObject({ kind: "keystore", file: "/certs/keystore.jks" });
  expect(
    settings({ WEBHOOK_CERTIFICATES: "cert-manager", WEBHOOK_CERTIFICATE_DIR: "/certs" }).certificate,
  ).toEqual({
    kind: "folder",
    folder: "/certs",
  });
  expect(settings({})).toEqual({ port: 9443, namespace: "flink", certificate: { kind: "none" } });
});

it("defaults to the Service and the configurations of the chart", () => {
  expect(
    settings({ WEBHOOK_CERTIFICATES: "self-managed", WEBHOOK_CERTIFICATE_SECRET: "s" }).certificate,
  ).toEqual({
    kind: "own",
    secretName: "s",
    serviceName: "flink-operator-webhook-service",
    configurationName: "flink-operator-flink-webhook-configuration",
  });
});

it.each([
  [
    { WEBHOOK_CERTIFICATES: "self-managed", WEBHOOK_CERTIFICATE_DIR: "/f" },
    /WEBHOOK_CERTIFICATE_DIR and WEBHOOK_CERTIFICATES=self-managed are set: only one/,
  ],
  [{ WEBHOOK_SERVER_PORT: "https" }, /WEBHOOK_SERVER_PORT must be a port .*, not "https"/],
  [
    { WEBHOOK_KEYSTORE_FILE: "/c/k.bks", WEBHOOK_KEYSTORE_TYPE: "bks" },
    /WEBHOOK_KEYSTORE_TYPE must be pkcs12 or jks, not "bks"; PEM files are taken with WEBHOOK_CERTIFICATE_DIR/,
  ],
])("refuses %j", (env, message) => {
  expect(() => settings(env)).toThrow(message);
});
