/** Where a PostgreSQL is, and how to log in. */
export interface Database {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user?: string;
  readonly password?: string;
  readonly ssl: "disable" | "require" | "verify-full";
  /** Undefined: that of the user. */
  readonly schema?: string;
}

const supported = "only PostgreSQL is supported: jdbc:postgresql://host:port/database";
const parameters = ["user", "sslmode", "currentSchema"] as const;

/** Names of others, from the prefixes of their URLs. */
const others: Readonly<Record<string, string>> = {
  mysql: "MySQL",
  mariadb: "MariaDB",
  derby: "Derby",
  oracle: "Oracle",
  sqlserver: "SQL Server",
  h2: "H2",
};

/**
 * The URL as PostgreSQL's JDBC driver has it, of one host. "problem": why it cannot be used, without the text itself, which may have a
 * password.
 */
export function parseJdbcUrl(text: string): Database | { readonly problem: string } {
  const [, kind = ""] = /^jdbc:([\w-]+):/.exec(text) ?? [];
  if (kind === "") return { problem: `it must begin with jdbc:postgresql:; ${supported}` };
  if (kind !== "postgresql")
    return { problem: `${others[kind.toLowerCase()] ?? kind} is not supported; ${supported}` };
  const rest = text.slice("jdbc:postgresql:".length);
  const local = rest.startsWith("//") ? rest : `//localhost/${rest.replace(/^\//, "")}`;
  let url: URL;
  let name: string;
  try {
    url = new URL(`postgresql:${local}`);
    name = decodeURIComponent(url.pathname.replace(/^\//, ""));
  } catch {
    return { problem: `it is no URL of one host; ${supported}` };
  }
  if (!/^([\w.-]*|\[[\da-f:.]+\])$/i.test(url.hostname))
    return { problem: `it is no URL of one host; ${supported}` };
  if (url.username !== "" || url.password !== "")
    return { problem: "a user and a password before the host are not part of a JDBC URL" };
  if (url.searchParams.has("password"))
    return { problem: "it must have no password: the environment variable of the password has that" };
  if (name === "" || name.includes("/")) return { problem: `it names no database; ${supported}` };
  const given = url.searchParams;
  const stranger = [...given.keys()].find((key) => !(parameters as readonly string[]).includes(key));
  if (stranger !== undefined)
    return { problem: `the parameter ${stranger} is not supported, only ${parameters.join(", ")}` };
  const mode = given.get("sslmode") ?? "disable";
  if (mode !== "disable" && mode !== "require" && mode !== "verify-full")
    return { problem: `sslmode is ${mode}; it must be disable, require or verify-full` };
  const user = given.get("user");
  const schema = given.get("currentSchema");
  if (schema !== null && !/^\w+$/.test(schema))
    return { problem: `currentSchema ${schema} is no name of a schema` };
  return {
    host: url.hostname.replace(/^\[|\]$/g, "") || "localhost",
    port: url.port === "" ? 5432 : Number(url.port),
    name,
    ssl: mode,
    ...(user === null ? {} : { user }),
    ...(schema === null ? {} : { schema }),
  };
}
