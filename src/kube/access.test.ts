import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadAccess } from "./access.ts";
import { inClusterAccess, tokenFile } from "./inCluster.ts";
import { kubeconfigAccess } from "./kubeconfig.ts";

const folder = mkdtempSync(join(tmpdir(), "access-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

const config = (user: string, current = "main") => `
current-context: ${current}
clusters:
- name: one
  cluster: {server: "https://127.0.0.1:6443", certificate-authority: ca.pem, tls-server-name: kube}
contexts:
- name: main
  context: {cluster: one, user: admin, namespace: flink}
- name: nowhere
  context: {cluster: two, user: admin}
users:
- name: admin
  user: ${user}
`;

test("a kubeconfig: embedded data, relative files, the current context's namespace", () => {
  file("ca.pem", "CA");
  const user = `{client-certificate-data: ${base64("CERT")}, client-key-data: ${base64("KEY")}}`;
  const path = file("certificates", config(user));
  expect(kubeconfigAccess(path)).toMatchObject({
    server: "https://127.0.0.1:6443",
    namespace: "flink",
    ca: "CA",
    tlsServerName: "kube",
    clientCertificate: "CERT",
    clientKey: "KEY",
    authorization: undefined,
  });
});

test.each([
  ["{token: abc}", "Bearer abc"],
  ["{tokenFile: token}", "Bearer from-file"],
  ["{username: me, password: secret}", `Basic ${base64("me:secret")}`],
])("a user %s", (user, header) => {
  file("ca.pem", "CA");
  file("token", "from-file\n");
  expect(kubeconfigAccess(file("tokens", config(user))).authorization?.header()).toBe(header);
});

test("several files: the first definition wins", () => {
  const first = file("first", "current-context: main\nusers: [{name: admin, user: {token: first}}]");
  const second = file("second", config("{token: second}", "nowhere"));
  const access = kubeconfigAccess([first, second].join(delimiter));
  expect(access.authorization?.header()).toBe("Bearer first");
  expect(access.namespace).toBe("flink");
});

test.each([
  [config("{token: a}", '""'), "current-context is not set"],
  [config("{token: a}", "other"), 'there is no context named "other"'],
  [config("{token: a}", "nowhere"), 'there is no cluster named "two"'],
  [config("{exec: {command: aws}}"), 'user "admin" logs in through a plugin'],
  ["just text", "not a YAML object"],
])("an unusable kubeconfig gives an error", (text, message) => {
  expect(() => kubeconfigAccess(file("broken", text))).toThrow(message);
});

test("in a pod: the mounted service account", () => {
  file("namespace", "operators\n");
  file("ca.crt", "CA");
  file("token", "t1\n");
  const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" };
  const access = inClusterAccess(env, folder);
  expect(access).toMatchObject({ server: "https://[fd00::1]:6443", namespace: "operators", ca: "CA" });
  expect(access.authorization?.header()).toBe("Bearer t1");
});

test("a token file is read again after a minute, or at once after a 401", () => {
  let now = 0;
  const path = file("rotating", "t1");
  const token = tokenFile(path, () => now);
  expect(token.header()).toBe("Bearer t1");
  file("rotating", "t2");
  now = 59_999;
  expect(token.header()).toBe("Bearer t1");
  now = 60_000;
  expect(token.header()).toBe("Bearer t2");
  file("rotating", "t3");
  expect(token.renew()).toBe(true);
  expect(token.header()).toBe("Bearer t3");
  expect(token.renew()).toBe(false);
});

test("an explicit kubeconfig takes precedence over the environment", () => {
  file("ca.pem", "CA");
  const path = file("explicit", config("{token: explicit}"));
  const env = { KUBECONFIG: "/none", KUBERNETES_SERVICE_HOST: "10.0.0.1" };
  expect(loadAccess(path, env).authorization?.header()).toBe("Bearer explicit");
});
