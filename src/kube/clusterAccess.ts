/** The address of an API server and the credentials for it. */
export interface ClusterAccess {
  /** The base URL. It may have a path, for example behind a proxy. */
  server: string;
  /** The default namespace. */
  namespace: string;
  /** Certificate authorities, in PEM. Absent: those that Node trusts. */
  ca?: string | undefined;
  /** A client certificate and its key, in PEM. */
  clientCertificate?: string | undefined;
  clientKey?: string | undefined;
  /** The server name for SNI and verification, instead of the host in `server`. */
  tlsServerName?: string | undefined;
  skipTlsVerify?: boolean | undefined;
  /** Returns the value of the Authorization header, before each request. */
  authorization?: Authorization | undefined;
}

export interface Authorization {
  header(): string;
  /** Called after a 401. Reads the credentials again, and returns whether they have changed, so that a retry makes sense. */
  renew(): boolean;
}
