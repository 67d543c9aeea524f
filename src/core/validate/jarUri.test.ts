import { describe, expect, it } from "vitest";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { validateSessionJarUri } from "./jarUri.ts";

const all = { "kubernetes.operator.user.artifacts.allowed-schemes": "https;http;s3;hdfs;local" };
const validate = (jarURI: string | undefined, config: Record<string, string> = {}) =>
  validateSessionJarUri(jarURI, flinkConfig(config));

describe("the jar of a session job", () => {
  it.each([
    [undefined, {}],
    ["", {}],
    ["https://repo.example.org/a/job.jar", {}],
    ["HTTPS://repo.example.org/job.jar?token=1", {}],
    [`https://repo.example.org/job.jar#sha256=${"aF".repeat(32)}`, {}],
    ["https://93.184.216.34/job.jar", {}],
    ["s3://bucket/job.jar", all],
    ["local:///opt/flink/artifacts/job.jar", all],
    ["https://10.0.0.1/job.jar", { "kubernetes.operator.user.artifacts.disallow-restricted-hosts": "false" }],
  ])("may be %s", (uri, config) => {
    expect(validate(uri, config)).toBeUndefined();
  });

  it.each<[string, RegExp, Record<string, string>?]>([
    ["https://host/my job.jar", /write blanks as %20/],
    ["/opt/job.jar", /has no scheme: write it as https/],
    ["https://", /is no URI/],
    ["https://host:port/job.jar", /is no URI/],
    ["https://host/100%.jar", /write it as %25/],
    ["https://host/job.jar#sha256=abc", /no checksum: write it as #sha256= and 64/],
    ["https://host/job.jar#main", /no checksum/],
    [
      "http://host/job.jar",
      /^http is not among the allowed schemes \(https\): .*user.artifacts.allowed-schemes$/,
    ],
    ["hdfs://host/job.jar", /the operator cannot fetch by hdfs: use one of https, http, s3/, all],
    ["https://localhost/job.jar", /localhost is a loopback .*user.artifacts.disallow-restricted-hosts$/],
    ["https://a.localhost./job.jar", /loopback/],
    ["https://127.1/job.jar", /the host 127.0.0.1 is a loopback address/],
    ["https://2130706433/job.jar", /127.0.0.1 is a loopback/],
    ["https://0x7f.0.0.1/job.jar", /127.0.0.1 is a loopback/],
    ["https://0177.0.0.01/job.jar", /127.0.0.1 is a loopback/],
    ["https://169.254.169.254/latest/meta-data", /link-local/],
    ["https://[::ffff:169.254.169.254]/job.jar", /link-local/],
    ["https://[fd00:ec2::254]/job.jar", /private/],
    ["https://１９２.168.0.1/job.jar", /192.168.0.1 is a private/],
  ])("may not be %s", (uri, message, config) => {
    expect(validate(uri, config)).toEqual({
      field: "spec.job.jarURI",
      message: expect.stringMatching(message),
    });
  });

  it("masks possible secrets in the message", () => {
    for (const uri of ["10.0.0.1/job.jar", "host/100%.jar", "host/a b.jar", "host:port/job.jar"]) {
      const message = validate(`https://user:hunter2@${uri}?sig=abc`)?.message;
      expect(message).toMatch(/^.+$/);
      expect(message).not.toMatch(/hunter2|abc/);
    }
  });
});
