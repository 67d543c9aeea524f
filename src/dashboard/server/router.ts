import { HttpError } from "./httpError.ts";

/** A route: the path with `:name` for one segment. A path that ends with "/" takes all that follows, as "rest". */
export interface Route<Handler> {
  readonly methods: readonly string[];
  readonly pattern: string;
  readonly handler: Handler;
  /** It writes: what its audit line calls that. */
  readonly audit?: string;
}

export interface Match<Handler> {
  readonly route: Route<Handler>;
  readonly params: Readonly<Record<string, string>>;
}

/** Throws an HttpError for what no route has. The path is the one of the request, not yet decoded. */
export function findRoute<Handler>(
  routes: readonly Route<Handler>[],
  method: string,
  path: string,
): Match<Handler> {
  const found = routes.flatMap((route) => {
    const params = paramsOf(route.pattern, path);
    return params === undefined ? [] : [{ route, params }];
  });
  const [first] = found;
  if (first === undefined) throw new HttpError(404, "There is nothing at this path.");
  const wanted = method === "HEAD" ? "GET" : method;
  const chosen = found.find(({ route }) => route.methods.includes(wanted));
  if (chosen === undefined)
    throw new HttpError(405, `${method} is not for this path: it takes ${first.route.methods.join(", ")}.`);
  return chosen;
}

function paramsOf(pattern: string, path: string): Record<string, string> | undefined {
  const takesRest = pattern.endsWith("/");
  const wanted = pattern.replace(/\/$/, "").split("/");
  const given = path.split("/");
  if (takesRest ? given.length <= wanted.length : given.length !== wanted.length) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const segment = given[at] ?? "";
    if (!part.startsWith(":")) {
      if (part !== segment) return undefined;
      continue;
    }
    const text = decoded(segment);
    if (text === undefined || text === "") return undefined;
    params[part.slice(1)] = text;
  }
  // It stays encoded: what follows validates each segment.
  if (takesRest) params.rest = given.slice(wanted.length).join("/");
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
