import { describe, expect, it } from "vitest";
import { maskSecrets, namesSecret } from "./secrets.ts";

describe("namesSecret", () => {
  it.each([
    "s3.secret-key",
    "security.ssl.rest.keystore-password",
    "fs.azure.account.key.x.blob.core.windows.net",
    "OAUTH_TOKEN",
    "apiKey",
    "private_key",
    "aws.credentials.provider",
  ])("%s", (key) => expect(namesSecret(key)).toBe(true));

  it.each(["taskmanager.numberOfTaskSlots", "state.checkpoints.dir", "restart-strategy.type", "key.fields"])(
    "not %s",
    (key) => expect(namesSecret(key)).toBe(false),
  );
});

describe("maskSecrets", () => {
  it.each([
    ["-Dpassword=abc -Xmx1g", "-Dpassword=****** -Xmx1g"],
    ["--api-key = 'a b' --x", "--api-key = ****** --x"],
    ["s3://key:sec@bucket/x", "s3://******@bucket/x"],
    ["jdbc:mysql://h/db?user=u&password=p&x=1", "jdbc:mysql://h/db?user=u&password=******&x=1"],
    ["Caused by: no valid token: expired", "Caused by: no valid token: expired"],
    ["file:///a/b@c", "file:///a/b@c"],
  ])("%s", (text, masked) => expect(maskSecrets(text)).toBe(masked));

  it("takes no time for long texts", () => {
    const start = performance.now();
    for (const part of ["a", "a.", "password", "a+", " ="]) maskSecrets(part.repeat(50_000));
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
