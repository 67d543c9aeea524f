import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { expect, it } from "vitest";
import { optionDocs, readOptions } from "./options.ts";

const key = "k".repeat(32);
const least = { sessionKeyFile: "key", clusters: [{ name: "one", server: "https://one.example" }] };
const read = (options: object, files: Record<string, string> = { key }) =>
  readOptions("options", (path) => (path === "options" ? dump(options) : (files[path] ?? "")));

it("has defaults for all but the key and the clusters", () => {
  expect(read(least)).toEqual({
    port: 8_090,
    plainHttp: false,
    sessionHours: 12,
    sessionKeys: [key],
    trustedProxies: [],
    clusters: [
      { name: "one", access: { server: "https://one.example", namespace: "default" }, namespaces: [] },
    ],
  });
});

it.each([
  [{ ...least, prot: 1 }, {}, /no option prot; did you mean port\?/],
  [{ ...least, port: 0 }, {}, /port must be a whole number, 1 to 65535/],
  [{ ...least, clusters: [] }, {}, /clusters must name at least one/],
  [{ ...least, clusters: [...least.clusters, ...least.clusters] }, {}, /"one" is there twice/],
  [{ ...least, clusters: [{ name: "a/b", server: "https://x" }] }, {}, /clusters\[0\]\.name must be a name/],
  [{ ...least, clusters: [{ name: "a" }] }, {}, /clusters\[0\] must have either server or kubeconfig/],
  [{ ...least, clusters: [{ name: "a", server: "one" }] }, {}, /clusters\[0\]\.server must be a URL/],
  [{ ...least, trustedProxies: ["10/40"] }, {}, /trustedProxies\[0\]: "10\/40" is neither/],
  [least, { key: "short" }, /key of at least 32 characters/],
  [{ ...least, clusters: [{ ...least.clusters[0], loginHeader: "x" }] }, {}, /trustedProxies must name/],
  [
    { ...least, clusters: [{ ...least.clusters[0], oidc: { issuer: "https://i", clientId: "c" } }] },
    {},
    /publicUrl must be set/,
  ],
])("refuses %j with one error", (options, files, message) => {
  expect(() => read(options, { key, ...files })).toThrow(message);
});

it("takes no credential from a kubeconfig", () => {
  const kubeconfig = join(import.meta.dirname, "kubeconfig.fixture.yaml");
  const options = read({ ...least, clusters: [{ name: "one", kubeconfig }] });
  expect(options.clusters[0]?.access).toMatchObject({ server: "https://k.example:6443" });
  expect(JSON.stringify(options.clusters)).not.toContain("not-for-anybody");
});

it("docs/dashboard.md has the table of options", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/dashboard.md"), "utf8");
  for (const [name, [byDefault, doc]] of Object.entries(optionDocs))
    expect(page).toContain(`| \`${name}\` | ${byDefault} | ${doc} |`);
});
