import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { artifactsWith, failureOf, read, serve } from "./source.fixture.ts";

const jar = `PK${"0123456789".repeat(20_000)}`;

/** Sends the first half and then breaks the connection. */
async function breakOff(response: ServerResponse, headers: Record<string, string>): Promise<void> {
  response.writeHead(200, { "content-length": jar.length, ...headers });
  response.write(jar.slice(0, jar.length / 2), () => response.destroy());
  await once(response, "close");
}

describe("a transfer that breaks", () => {
  it.each<[string, Record<string, string>]>([
    ["tag", { etag: '"v1"' }],
    ["date", { "last-modified": "Wed, 25 Nov 2026 09:00:00 GMT" }],
  ])("is resumed where it stopped, by its %s", async (_, headers) => {
    const source = await serve((request, response, count) => {
      if (count === 1) return breakOff(response, headers);
      const begin = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1]);
      return response
        .writeHead(206, { ...headers, "content-range": `bytes ${begin}-${jar.length - 1}/${jar.length}` })
        .end(jar.slice(begin));
    });
    expect(await read(artifactsWith(), `${source.url}/job.jar`)).toBe(jar);
    expect(source.requests).toHaveLength(2);
    const { headers: asked } = source.requests[1] ?? {};
    expect(asked?.["if-range"]).toBe(Object.values(headers)[0]);
    expect(asked?.range).not.toBe("bytes=0-");
  });

  it("of a jar that has changed is an error, since the reader has the old beginning", async () => {
    const source = await serve((_, response, count) =>
      count === 1 ? breakOff(response, { etag: '"v1"' }) : response.writeHead(200, { etag: '"v2"' }).end(jar),
    );
    const error = await failureOf(read(artifactsWith(), `${source.url}/job.jar`));
    expect(error).toMatchObject({ code: "unavailable", permanent: false });
    expect(error.message).toMatch(/is another file than a moment ago$/);
  });

  it.each<[string, Record<string, string>]>([
    ["has no tag", {}],
    ["has a weak tag", { etag: 'W/"v1"' }],
  ])("whose source %s is an error", async (_, headers) => {
    const source = await serve((__, response) => breakOff(response, headers));
    expect((await failureOf(read(artifactsWith(), `${source.url}/job.jar`))).code).toBe("unavailable");
    expect(source.requests).toHaveLength(1);
  });

  it("again and again fails", async () => {
    const source = await serve((_, response, count) =>
      count === 1 ? breakOff(response, { etag: '"v1"' }) : response.socket?.destroy(),
    );
    expect((await failureOf(read(artifactsWith(), `${source.url}/job.jar`))).code).toBe("unavailable");
    expect(source.requests).toHaveLength(1 + 5);
  });
});

describe("running transfers", () => {
  it("are limited, and a closed one frees its slot", async () => {
    const source = await serve((_, response) => response.end(jar));
    const artifacts = artifactsWith({ parallelism: 2 });
    const [first, second] = [
      await artifacts.open(`${source.url}/1.jar`),
      await artifacts.open(`${source.url}/2.jar`),
    ];
    let opened = false;
    const third = artifacts.open(`${source.url}/3.jar`).then((artifact) => {
      opened = true;
      return artifact;
    });
    const gone = new AbortController();
    const fourth = failureOf(artifacts.open(`${source.url}/4.jar`, { signal: gone.signal }));
    gone.abort();
    expect((await fourth).message).toContain("/4.jar");
    expect([opened, source.requests.length]).toEqual([false, 2]);
    await first.close();
    await first.close();
    await (await third).close();
    await second.close();
    expect(source.requests.map(({ url }) => url)).toEqual(["/1.jar", "/2.jar", "/3.jar"]);
  });

  it("that are not read any more close their connection", async () => {
    const closed = vi.fn();
    const source = await serve((_, response) => {
      response.on("close", closed);
      response.writeHead(200).write(jar);
    });
    const artifact = await artifactsWith().open(`${source.url}/job.jar`);
    await artifact.close();
    await vi.waitUntil(() => closed.mock.calls.length === 1);
  });

  it("are aborted when the operator ends", async () => {
    const source = await serve((_, response) => void response.writeHead(200).write(jar));
    const artifacts = artifactsWith();
    const reading = failureOf(read(artifacts, `${source.url}/job.jar`));
    await vi.waitUntil(() => source.requests.length === 1);
    await artifacts.close();
    expect((await reading).message).toMatch(/the operator is ending|cannot be reached/);
  });
});
