import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, it } from "vitest";
import { readSession, type Session, saveSession } from "./session.ts";

const options = { keys: ["a-key-of-a-test-that-is-long-enough"], hours: 1, plainHttp: false };

/** What a browser holds after a request whose handler does this. */
async function after(
  cookies: ReadonlyMap<string, string>,
  handler: (session: Session) => Promise<void>,
): Promise<{ kept: Map<string, string>; names: string[] }> {
  const request = new IncomingMessage(new Socket());
  request.headers.cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const response = new ServerResponse(request);
  await handler(await readSession({ request, response }, options));
  const kept = new Map(cookies);
  const names: string[] = [];
  for (const line of [response.getHeader("set-cookie") ?? []].flat().map(String)) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    names.push(name);
    if (/Max-Age=0/.test(line)) kept.delete(name);
    else kept.set(name, value);
  }
  return { kept, names };
}

const save = async (session: Session, tokenLength: number): Promise<void> => {
  session.logins = { one: { token: "x".repeat(tokenLength), user: "ann", at: 0 } };
  await saveSession(session);
};

it("what is saved last counts, whatever the sizes of the cookie and of the saves before it in the same answer", async () => {
  const sizes = [100, 4_000, 8_000];
  for (const before of sizes)
    for (const first of sizes)
      for (const last of sizes) {
        const { kept } = await after(new Map(), (session) => save(session, before));
        const answer = await after(kept, async (session) => {
          await save(session, first);
          await save(session, last);
        });
        expect(answer.names).toHaveLength(new Set(answer.names).size);
        await after(answer.kept, async ({ logins }) => {
          expect([before, first, last, logins?.one?.token.length]).toEqual([before, first, last, last]);
        });
        // Nothing of a save before the last one stays in the browser.
        const alone = await after(new Map(), (session) => save(session, last));
        expect([...answer.kept.keys()].sort()).toEqual([...alone.kept.keys()].sort());
      }
});
