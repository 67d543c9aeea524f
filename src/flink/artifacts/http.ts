import { formatUrl, isHttp, type JarPolicy, type JarUri, jarRefusalReason } from "../../api/jarUri.ts";
import { ArtifactError } from "./api.ts";
import { asArtifactError, errorOfStatus } from "./failure.ts";
import type { ReadFrom, Remote, RemoteAnswer } from "./remote.ts";
import type { Reply, Transport } from "./transport.ts";

const maxRedirects = 5;

/** Headers that the connection sets, which users must not set. */
const connectionHeaders =
  /^(host|connection|content-length|transfer-encoding|expect|range|if-range|upgrade|te|trailer|accept-encoding)$/i;

export interface HttpSource {
  readonly uri: JarUri;
  readonly headers: ReadonlyMap<string, string>;
  readonly policy: JarPolicy;
  readonly transport: Transport;
}

/** A jar by https or http. */
export function httpRemote({ uri, headers, policy, transport }: HttpSource): Remote {
  const requestHeaders = checkedHeaders(uri, headers);
  const toAuthenticate = `give what it asks for with the option ${policy.options.headers}`;

  /** Each redirect is checked like the first URL. The headers for the first host are sent to no other host. */
  async function follow(range: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Reply> {
    let url = withoutUser(uri.url);
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const own = url.origin === uri.url.origin ? requestHeaders : {};
      const reply = await transport.get(url, { ...own, ...range }, signal);
      const location = reply.header("location");
      if (![301, 302, 303, 307, 308].includes(reply.status) || location === undefined) return reply;
      reply.discard();
      url = next(url, location);
    }
    throw new ArtifactError(
      "refused",
      `${uri.label} leads from one place to another more than ${maxRedirects} times`,
    );
  }

  function next(from: URL, location: string): URL {
    const to = URL.parse(location, from.href);
    const leads = (why: string) =>
      new ArtifactError(
        "refused",
        `${uri.label} leads to ${to === null ? "nowhere" : formatUrl(to)}: ${why}`,
      );
    if (to === null) throw leads("name the place where the jar is");
    const scheme = to.protocol.slice(0, -1);
    if (!isHttp(scheme)) throw leads("only http and https are followed");
    if (from.protocol === "https:" && scheme !== "https") throw leads("from https only https is followed");
    const why = jarRefusalReason({ ...uri, scheme, url: to }, policy);
    if (why !== undefined) throw leads(why);
    return withoutUser(to);
  }

  return {
    async get(from, signal) {
      try {
        return await answerOf(await follow(rangeOf(from), signal), from, uri.label, toAuthenticate);
      } catch (error) {
        throw asArtifactError(error, uri.label);
      }
    },
  };
}

function checkedHeaders(
  { url, label }: JarUri,
  headers: ReadonlyMap<string, string>,
): Record<string, string> {
  const requestHeaders: Record<string, string> = {};
  for (const [name, value] of headers) {
    const wrong = connectionHeaders.test(name)
      ? "is the connection's own"
      : /^[\w!#$%&'*+.^`|~-]+$/.test(name)
        ? /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
          ? undefined
          : "has a value that no header can have"
        : "is no name of a header";
    if (wrong !== undefined) {
      throw new ArtifactError(
        "not-allowed",
        `${label} cannot be asked for with the header "${name}": it ${wrong}`,
      );
    }
    requestHeaders[name.toLowerCase()] = value;
  }
  if (url.username !== "" && requestHeaders.authorization === undefined) {
    const user = [url.username, url.password].map(decodeURIComponent).join(":");
    requestHeaders.authorization = `Basic ${Buffer.from(user).toString("base64")}`;
  }
  return requestHeaders;
}

function withoutUser(url: URL): URL {
  const plain = new URL(url);
  plain.username = "";
  plain.password = "";
  return plain;
}

export const rangeOf = ({ offset, validator }: ReadFrom): Record<string, string> =>
  offset === 0 || validator === undefined ? {} : { range: `bytes=${offset}-`, "if-range": validator };

/** The reply as an answer to the request. Throws an ArtifactError for every other reply. */
export function answerOf(reply: Reply, from: ReadFrom, label: string, toAuthenticate: string): RemoteAnswer {
  try {
    return readReply(reply, from, label, toAuthenticate);
  } catch (error) {
    reply.discard();
    throw error;
  }
}

function readReply(reply: Reply, from: ReadFrom, label: string, toAuthenticate: string): RemoteAnswer {
  if (reply.status !== 200 && reply.status !== 206)
    throw errorOfStatus(reply.status, label, { toAuthenticate });
  const encoding = reply.header("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    throw new ArtifactError("refused", `${label} comes in the encoding ${encoding}, which was not asked for`);
  }
  const answer = { validator: validatorOf(reply), body: reply.body, discard: reply.discard };
  if (reply.status === 200)
    return { ...answer, offset: 0, size: wholeNumber(reply.header("content-length")) };
  const [, begin, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(reply.header("content-range") ?? "") ?? [];
  if (Number(begin) !== from.offset) {
    throw new ArtifactError("unavailable", `${label} answers with another part than was asked for`);
  }
  return { ...answer, offset: from.offset, size: wholeNumber(size) };
}

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

/** A weak tag can stand for two different contents. */
function validatorOf(reply: Reply): string | undefined {
  const tag = reply.header("etag");
  return tag === undefined || tag.startsWith("W/") ? reply.header("last-modified") : tag;
}
