import { afterEach, expect, test, vi } from "vitest";
import { CSRF_HEADER, routes, type Session } from "../../src/dashboard/contract.ts";
import { logIn, session, write } from "./session.ts";

const sessionOf = (csrf: string, user?: string): Session => ({
  clusters: [{ name: "one", methods: ["token"], ...(user === undefined ? {} : { user }) }],
  csrf,
});

/** A server whose session is this one now. Resolves to the CSRF tokens that writes came with. */
function serverWith(present: Session): (string | null)[] {
  const given: (string | null)[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    if (url === routes.session) return Response.json(present);
    const csrf = new Headers(init.headers).get(CSRF_HEADER);
    given.push(csrf);
    return csrf === present.csrf
      ? Response.json(present)
      : Response.json({ message: "load the page again" }, { status: 403 });
  });
  return given;
}

afterEach(() => {
  vi.unstubAllGlobals();
  session.set(undefined);
});

test("a write is sent again after the same user's login in another window", async () => {
  session.set(sessionOf("old", "ann"));
  const given = serverWith(sessionOf("new", "ann"));
  await write("POST", "/act", {});
  expect(given).toEqual(["old", "new"]);
});

test("a write is not sent again as somebody else, who is then shown", async () => {
  session.set(sessionOf("old", "ann"));
  const given = serverWith(sessionOf("new", "bob"));
  await expect(write("POST", "/act", {})).rejects.toThrow("load the page again");
  expect(given).toEqual(["old"]);
  expect(session.get()?.clusters[0]?.user).toBe("bob");
});

test("what is refused for another reason is sent once", async () => {
  session.set(sessionOf("old", "ann"));
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    return url === routes.session
      ? Response.json(sessionOf("old", "ann"))
      : Response.json({ message: "You may not." }, { status: 403 });
  });
  await expect(write("POST", "/act", {})).rejects.toThrow("You may not.");
  expect(asked).toEqual(["/act", routes.session]);
});

test("a login succeeds although the session was over", async () => {
  session.set(sessionOf("old", "ann"));
  serverWith(sessionOf("new"));
  expect(await logIn("one", "token")).toBeUndefined();
});
