import type { lookup } from "node:dns";
import { describe, expect, it } from "vitest";
import { artifactsWith, failureOf, options, read, serve, settings } from "./source.fixture.ts";

const jar = "PK-the-jar";
const ok = (_: unknown, response: { end(body: string): unknown }) => response.end(jar);

/** A resolver that returns the given addresses of a name, in turn. */
function resolver(...answers: string[][]) {
  const asked: string[] = [];
  const resolve = ((name: string, _: unknown, callback: (...args: unknown[]) => void) => {
    asked.push(name);
    const addresses = answers.length > 1 ? answers.shift() : answers[0];
    callback(
      null,
      addresses?.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  }) as unknown as typeof lookup;
  return { resolve, asked };
}

const refusing = { policy: { ...settings().policy, restrictedHosts: "refuse" } } as const;

describe("a jar by http", () => {
  it("comes with its name and its size", async () => {
    const source = await serve(ok);
    const artifact = await artifactsWith().open(`${source.url}/repo/my%20job.jar?version=1`);
    expect(artifact).toMatchObject({ name: "my job.jar", size: jar.length });
    await artifact.close();
    expect(source.requests[0]).toMatchObject({ url: "/repo/my%20job.jar?version=1", method: "GET" });
  });

  it.each([
    ["/", "job.jar"],
    ["/download", "download.jar"],
  ])("at %s has the name %s", async (path, name) => {
    const source = await serve(ok);
    const artifact = await artifactsWith().open(source.url + path);
    expect(artifact.name).toBe(name);
    await artifact.close();
  });

  it("is requested with the user's headers, and with the URI's user", async () => {
    const source = await serve(ok);
    const uri = source.url.replace("//", "//user:p%40ss@");
    await read(artifactsWith(), `${uri}/job.jar`, { "X-Token": "t" });
    const { headers } = source.requests[0] ?? {};
    expect(headers).toMatchObject({ "x-token": "t", "accept-encoding": "identity" });
    expect(headers?.authorization).toBe(`Basic ${Buffer.from("user:p@ss").toString("base64")}`);
  });

  it.each([
    ["Host", "a", /"Host": it is the connection's own/],
    ["a b", "a", /no name of a header/],
    ["x", "a\r\ny: b", /a value that no header can have/],
  ])("is not requested with the header %s", async (name, value, message) => {
    const error = await failureOf(read(artifactsWith(), "http://127.0.0.1:1/job.jar", { [name]: value }));
    expect(error).toMatchObject({ code: "not-allowed", permanent: true });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("y: b");
  });

  it.each([
    [404, "not-found", true, /spec.job.jarURI http:..127.0.0.1:\d+.job.jar\?… is not there \(HTTP 404\)/],
    [401, "denied", true, /give what it asks for with the option the.headers/],
    [403, "denied", true, /HTTP 403/],
    [400, "refused", true, /HTTP 400/],
    [503, "unavailable", false, /HTTP 503/],
  ])("is refused with %i: %s", async (status, code, permanent, message) => {
    const source = await serve((_, response) => response.writeHead(status).end());
    const error = await failureOf(read(artifactsWith(), `${source.url}/job.jar?sig=secret`));
    expect(error).toMatchObject({ code, permanent, message: expect.stringMatching(message) });
    expect(error.message).not.toContain("secret");
    expect(source.requests).toHaveLength(permanent ? 1 : 5);
  });

  it("must not be a web page", async () => {
    const source = await serve((_, response) => response.end("<html>log in</html>"));
    expect(await failureOf(read(artifactsWith(), `${source.url}/job.jar`))).toMatchObject({
      code: "not-a-jar",
      message: expect.stringMatching(/is no jar: it begins with "<h" where a jar has "PK"$/),
    });
  });

  it("must not have a content encoding", async () => {
    const source = await serve((_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(jar),
    );
    expect((await failureOf(read(artifactsWith(), `${source.url}/job.jar`))).message).toMatch(
      /encoding gzip/,
    );
  });

  it.each(["with its size", "without it"])("that is too large is refused, sent %s", async (told) => {
    const source = await serve((_, response) => {
      if (told === "without it") response.write(jar);
      response.end(jar);
    });
    const error = await failureOf(read(artifactsWith({ maxBytes: 9 }), `${source.url}/job.jar`));
    expect(error.code).toBe("too-large");
    expect(error.message).toMatch(/at most 9 are taken: .* the operator's option the.max-size$/);
  });
});

describe("redirects", () => {
  const redirect = (to: string, status = 302) => [status, { location: to }] as const;

  it("are followed, and the first host's headers are sent to no other host", async () => {
    const target = await serve(ok);
    const source = await serve((request, response) =>
      request.url === "/job.jar"
        ? response.writeHead(...redirect("/moved.jar", 308)).end()
        : response.writeHead(...redirect(`${target.url}/job.jar`)).end(),
    );
    const uri = source.url.replace("//", "//user:pw@");
    expect(await read(artifactsWith(), `${uri}/job.jar`, { "X-Token": "t" })).toBe(jar);
    expect(source.requests.map(({ headers }) => headers["x-token"])).toEqual(["t", "t"]);
    expect(target.requests[0]?.headers).not.toHaveProperty("x-token");
    expect(target.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("are limited", async () => {
    const source = await serve((_, response) => response.writeHead(...redirect("/again.jar")).end());
    const error = await failureOf(read(artifactsWith(), `${source.url}/job.jar`));
    expect(error).toMatchObject({ code: "refused", message: expect.stringMatching(/more than 5 times/) });
  });

  it.each([
    ["ftp://host/job.jar", /only http and https/],
    ["file:///etc/passwd", /only http and https/],
    ["https://host/job.jar", /leads to https:..host.job.jar: https is not among the allowed schemes/],
    ["http://", /leads to nowhere/],
  ])("to %s are refused", async (to, message) => {
    const source = await serve((_, response) => response.writeHead(...redirect(to)).end());
    const over = { policy: { ...settings().policy, schemes: ["http"] } };
    const error = await failureOf(read(artifactsWith(over), `${source.url}/job.jar`));
    expect(error).toMatchObject({ code: "refused", message: expect.stringMatching(message) });
  });

  it("to an address that is not allowed are refused, by name and by number", async () => {
    const target = await serve(ok);
    for (const host of ["127.0.0.1", "inside.test"]) {
      const source = await serve((_, response) =>
        response.writeHead(...redirect(`http://${host}:${target.port}/job.jar`)).end(),
      );
      // The first host, where the source is, counts as public here.
      let first = true;
      const policy = () => {
        const restrictedHosts = first ? "allow" : "refuse";
        return { ...settings().policy, restrictedHosts } as const;
      };
      const resolve = ((name: string, _: unknown, callback: (...args: unknown[]) => void) => {
        if (name === "inside.test") first = false;
        callback(null, [{ address: "127.0.0.1", family: 4 }]);
      }) as unknown as typeof lookup;
      const artifacts = artifactsWith({}, { resolve, settings: () => settings({ policy: policy() }) });
      if (host === "127.0.0.1") {
        const error = await failureOf(read(artifactsWith(refusing), `http://${host}:${source.port}/job.jar`));
        expect(error.code).toBe("not-allowed");
      } else {
        const error = await failureOf(read(artifacts, `http://outside.test:${source.port}/job.jar`));
        expect(error.message).toMatch(/the host inside.test is a loopback address: .*the.hosts/);
      }
    }
    expect(target.requests).toHaveLength(0);
  });
});

describe("the addresses of a host", () => {
  it.each([
    ["127.0.0.1", /rebind.test is a loopback/],
    ["169.254.169.254", /link-local/],
    ["::ffff:10.0.0.1", /private/],
    ["fd00::1", /private/],
  ])("are refused if one of them is %s", async (address, message) => {
    const { resolve, asked } = resolver(["8.8.8.8", address]);
    const error = await failureOf(read(artifactsWith(refusing, { resolve }), "http://rebind.test/job.jar"));
    expect(error).toMatchObject({ code: "not-allowed", permanent: true });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(options.restrictedHosts);
    expect(asked).toEqual(["rebind.test"]);
  });

  it("are resolved once: a second answer has no effect", async () => {
    const inside = await serve(ok);
    const { resolve, asked } = resolver(["198.51.100.1", "203.0.113.1"], ["127.0.0.1"]);
    const artifacts = artifactsWith(
      {},
      { resolve, retries: { maxAttempts: 1 }, transport: { connectMs: 200 } },
    );
    const error = await failureOf(read(artifacts, `http://rebind.test:${inside.port}/job.jar`));
    expect(error.code).toBe("unavailable");
    expect(asked).toHaveLength(1);
    expect(inside.requests).toHaveLength(0);
  });

  it("are connected to if they are allowed", async () => {
    const source = await serve(ok);
    const { resolve } = resolver(["127.0.0.1"]);
    expect(await read(artifactsWith({}, { resolve }), `http://repo.test:${source.port}/job.jar`)).toBe(jar);
    expect(source.requests[0]?.headers.host).toBe(`repo.test:${source.port}`);
  });

  it("in unusual forms are recognised", async () => {
    for (const host of ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::ffff:7f00:1]", "localhost"]) {
      const error = await failureOf(read(artifactsWith(refusing), `http://${host}/job.jar`));
      expect(error, host).toMatchObject({ code: "not-allowed" });
    }
  });
});

describe("a host that is unavailable", () => {
  it("is retried, and may recover", async () => {
    const source = await serve((_, response, count) =>
      count < 3 ? response.socket?.destroy() : response.end(jar),
    );
    expect(await read(artifactsWith(), `${source.url}/job.jar`)).toBe(jar);
    expect(source.requests).toHaveLength(3);
  });

  it("may have a name that does not resolve", async () => {
    const error = await failureOf(read(artifactsWith(), "http://no-such-host.invalid/job.jar"));
    expect(error).toMatchObject({ code: "unavailable", permanent: false });
    expect(error.message).toMatch(/its host's name cannot be resolved/);
  });

  it("may send nothing", async () => {
    const source = await serve(() => {});
    const artifacts = artifactsWith({}, { transport: { idleMs: 50 }, retries: { maxAttempts: 2 } });
    expect(await failureOf(read(artifacts, `${source.url}/job.jar`))).toMatchObject({ code: "unavailable" });
    expect(source.requests).toHaveLength(2);
  });

  it("that sends slowly is aborted at the deadline", async () => {
    const source = await serve((_, response) => {
      const more = setInterval(() => response.write("PK"), 10);
      response.on("close", () => clearInterval(more));
    });
    const error = await failureOf(read(artifactsWith({ deadlineMs: 150 }), `${source.url}/job.jar`));
    expect(error).toMatchObject({ code: "deadline", permanent: false });
    expect(error.message).toMatch(/did not come in time$/);
  });
});
