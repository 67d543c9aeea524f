import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { expect, it } from "vitest";
import { issueCertificate } from "./issue.ts";

const day = 86_400_000;
const from = Date.UTC(2026, 0, 1);
const hosts = ["webhook.flink.svc", "webhook.flink.svc.cluster.local"];
const validity = { notBefore: from, notAfter: from + 90 * day };

it("issues a certificate with its own authority", async () => {
  const issued = await issueCertificate(hosts, validity);
  const [authority, certificate] = [issued.authority, issued.certificate].map(
    (pem) => new X509Certificate(pem),
  );
  if (authority === undefined || certificate === undefined) throw new Error("no certificates");
  expect(authority.ca).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.checkIssued(authority)).toBe(true);
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(authority.verify(authority.publicKey)).toBe(true);
  expect(certificate.checkHost("webhook.flink.svc")).toBe("webhook.flink.svc");
  expect(certificate.checkHost("other.flink.svc")).toBeUndefined();
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect([certificate.validFrom, certificate.validTo].map((at) => Date.parse(at))).toEqual([
    validity.notBefore,
    validity.notAfter,
  ]);
});

it("gives authorities different names, and certificates different serial numbers", async () => {
  const issued = await Promise.all(Array.from({ length: 20 }, () => issueCertificate(hosts, validity)));
  const certificates = issued.map(({ authority }) => new X509Certificate(authority));
  expect(new Set(certificates.map(({ subject }) => subject)).size).toBe(20);
  expect(new Set(certificates.map(({ serialNumber }) => serialNumber)).size).toBe(20);
});

it("supports years after 2049", async () => {
  const { authority } = await issueCertificate(hosts, { notBefore: from, notAfter: Date.UTC(2051, 5, 1) });
  expect(Date.parse(new X509Certificate(authority).validTo)).toBe(Date.UTC(2051, 5, 1));
});

it("is accepted only by a TLS client that trusts the authority", async () => {
  const now = Date.now();
  const current = { notBefore: now - 1_000, notAfter: now + day };
  const [issued, other] = [await issueCertificate(hosts, current), await issueCertificate(hosts, current)];
  const server = createServer({ cert: issued.certificate, key: issued.key }, (socket) => socket.end("hello"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const reach = async (ca: string, servername = "webhook.flink.svc"): Promise<string> => {
    const socket = connect({ port, host: "127.0.0.1", ca, servername });
    const [chunk] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    return chunk.toString();
  };
  expect(await reach(issued.authority)).toBe("hello");
  expect(await reach(`${other.authority}${issued.authority}`)).toBe("hello");
  await expect(reach(other.authority)).rejects.toThrow(/unable to verify|self-signed|issuer/);
  await expect(reach(issued.authority, "other.svc")).rejects.toThrow(/does not match/);
  server.close();
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

it.skipIf(!hasOpenssl)("is accepted by OpenSSL", async () => {
  const folder = mkdtempSync(join(tmpdir(), "certificates-"));
  const now = Date.now();
  const issued = await issueCertificate(hosts, { notBefore: now - 1_000, notAfter: now + day });
  writeFileSync(join(folder, "ca.pem"), issued.authority);
  writeFileSync(join(folder, "tls.pem"), issued.certificate);
  const verified = execFileSync(
    "openssl",
    ["verify", "-purpose", "sslserver", "-CAfile", "ca.pem", "-verify_hostname", hosts[1] ?? "", "tls.pem"],
    { cwd: folder, encoding: "utf8" },
  );
  expect(verified).toBe("tls.pem: OK\n");
});

it.skipIf(!hasOpenssl)("has the extensions of a CA for end entities only, and of a server", async () => {
  const issued = await issueCertificate(hosts, validity);
  const extensionsOf = (certificate: string) =>
    execFileSync(
      "openssl",
      ["x509", "-noout", "-ext", "basicConstraints,keyUsage,extendedKeyUsage,subjectAltName"],
      { input: certificate, encoding: "utf8" },
    )
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  expect(extensionsOf(issued.authority)).toEqual([
    "X509v3 Basic Constraints: critical",
    "CA:TRUE, pathlen:0",
    "X509v3 Key Usage: critical",
    "Certificate Sign",
  ]);
  expect(extensionsOf(issued.certificate)).toEqual([
    "X509v3 Key Usage: critical",
    "Digital Signature",
    "X509v3 Extended Key Usage:",
    "TLS Web Server Authentication",
    "X509v3 Subject Alternative Name:",
    hosts.map((host) => `DNS:${host}`).join(", "),
  ]);
});
