import { expect, it } from "vitest";
import { flinkConfig } from "./flinkConfig.ts";
import { restTls } from "./restTls.ts";

const tlsOf = (entries: Record<string, string>) => restTls(flinkConfig(entries));

it("is plain HTTP unless Flink's options say otherwise", () => {
  expect(tlsOf({})).toBeUndefined();
  expect(tlsOf({ "security.ssl.enabled": "true", "security.ssl.rest.enabled": "false" })).toBeUndefined();
});

it("uses the stores of the REST API, else the general ones, as Flink does", () => {
  expect(
    tlsOf({
      "security.ssl.enabled": "true",
      "security.ssl.truststore": "/all.pem",
      "security.ssl.rest.truststore-password": "p",
    }),
  ).toEqual({ truststore: { option: "security.ssl.rest.truststore", path: "/all.pem", password: "p" } });
});

it("has a client certificate only with mutual authentication", () => {
  const entries = { "security.ssl.rest.enabled": "true", "security.ssl.rest.keystore": "/k.p12" };
  expect(tlsOf(entries)?.keystore).toBeUndefined();
  expect(tlsOf({ ...entries, "security.ssl.rest.authentication-enabled": "true" })?.keystore?.path).toBe(
    "/k.p12",
  );
});
