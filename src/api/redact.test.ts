import { describe, expect, test } from "vitest";
import { isSecretKey, redactSecrets } from "./redact.ts";

describe("masks", () => {
  test.each([
    ["password=hunter2 and more", "password=****** and more"],
    ["-Djavax.net.ssl.trustStorePassword=hunter2 -Dx=1", "-Djavax.net.ssl.trustStorePassword=****** -Dx=1"],
    ["--s3.secret-key='a b' --x", "--s3.secret-key=****** --x"],
    ["s3.secret-key: abc123", "s3.secret-key: ******"],
    [
      "fs.azure.account.key.acme.blob.core.windows.net: abc==",
      "fs.azure.account.key.acme.blob.core.windows.net: ******",
    ],
    ['{"password":"a\\"b","user":"u"}', '{"password":******,"user":"u"}'],
    ['{"apiToken": 17}', '{"apiToken": ******}'],
    ["jdbc:postgresql://me:pw@db:5432/x", "jdbc:postgresql://******@db:5432/x"],
    ["GET https://u:p@host/path failed", "GET https://******@host/path failed"],
    ["https://s3/x?X-Amz-Signature=abc&X-Amz-Date=1", "https://s3/x?X-Amz-Signature=******&X-Amz-Date=1"],
    ["https://a.blob/x?sv=1&sig=abc%3D&se=2", "https://a.blob/x?sv=1&sig=******&se=2"],
    ["Authorization: Bearer abc.def", "Authorization: Bearer ******"],
    ["authorization=Basic dTpw", "authorization=Basic ******"],
    ["got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_ back", "got ****** back"],
    ["jdbc:mysql://h/db?user=u&pwd=p&x=1", "jdbc:mysql://h/db?user=u&pwd=******&x=1"],
    ["--api_key = 'a b' --x", "--api_key = ****** --x"],
    ["key id AKIAABCDEFGHIJKLMNOP", "key id ******"],
    ["--db-password hunter2 --x", "--db-password ****** --x"],
    ['sh -c "run --db-password hunter2"', 'sh -c "run --db-password ******"'],
    ["[--db-password, hunter2, --x]", "[--db-password, ******, --x]"],
    ["--db-password 'a b' --x", "--db-password ****** --x"],
    ["WITH ('user' = 'u', 'password' = 'hunter2')", "WITH ('user' = 'u', 'password' = ******)"],
    ["WITH ('password'='it''s me', 'x' = 'y')", "WITH ('password'=******, 'x' = 'y')"],
    ["Cookie: a=1; session=hunter2\nx", "Cookie: ******\nx"],
    ["a.http.header: authorization: hunter2; x", "a.http.header: ******"],
    ["DB_PASS=hunter2", "DB_PASS=******"],
    ["dbPass=hunter2", "dbPass=******"],
    ["PASSPHRASE=hunter2", "PASSPHRASE=******"],
    ["AccountName=a;AccountKey=abc==;x=1", "AccountName=a;AccountKey=******;x=1"],
    ["GET https://user:p@ss@host/path", "GET https://******@host/path"],
    [
      "<name>fs.s3a.secret.key</name>\n<value>hunter2</value>",
      "<name>fs.s3a.secret.key</name>\n<value>******</value>",
    ],
    ["<password>hunter2</password>", "<password>******</password>"],
    ["{{ x }}\n  password: hunter2 and more\nuser: u", "{{ x }}\n  password: ******\nuser: u"],
    ["{{ x }}\ntoken: |\n  hunter2\n  hunter3\nuser: u", "{{ x }}\ntoken: ******\nuser: u"],
    ["user: u, password: hunter2, x: y", "user: u, password: ******, x: y"],
    [
      "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x",
      "-----BEGIN RSA PRIVATE KEY----- ****** x",
    ],
  ])("%s", (text, expected) => {
    expect(redactSecrets(text)).toBe(expected);
  });
});

describe("does not mask", () => {
  test.each([
    "Encountered unexpected token: <EOF>",
    "Unexpected token } in JSON at position 4",
    'secret "flink-s3" not found',
    "the secret: see below",
    "taskmanager.memory.process.size: 2048m",
    "Could not find s3://bucket/savepoints/savepoint-1a2b",
    "kubernetes.operator.savepoint.format.type=NATIVE",
    "user me@example.org",
    "signal=15, assignment=3",
    "4 passed, bypass=true, compass=north",
    "env:\n  - secretName: db\n",
    "flink-secret mounted",
  ])("%s", (text) => {
    expect(redactSecrets(text)).toBe(text);
  });
});

describe("the key of a secret", () => {
  test.each([
    ["s3.secret-key", true],
    ["security.ssl.rest.keystore-password", true],
    ["fs.azure.account.key.x.blob.core.windows.net", true],
    ["OAUTH_TOKEN", true],
    ["apiKey", true],
    ["private_key", true],
    ["aws.credentials.provider", true],
    ["taskmanager.numberOfTaskSlots", false],
    ["state.checkpoints.dir", false],
    ["restart-strategy.type", false],
    ["key.fields", false],
  ])("%s: %s", (key, expected) => {
    expect(isSecretKey(key)).toBe(expected);
  });
});

test("takes linear time on long texts without a secret", () => {
  const start = performance.now();
  redactSecrets("a.b-c_d ".repeat(20_000));
  redactSecrets("a".repeat(100_000));
  redactSecrets("password".repeat(10_000));
  redactSecrets("a.b.".repeat(25_000));
  redactSecrets("a://".repeat(25_000));
  redactSecrets("a\n".repeat(50_000));
  redactSecrets("a:\n".repeat(50_000));
  redactSecrets(" ".repeat(100_000));
  redactSecrets("- ".repeat(50_000));
  redactSecrets("<name>".repeat(20_000));
  redactSecrets("--a ".repeat(25_000));
  expect(performance.now() - start).toBeLessThan(2_000);
});
