/** How to reach an API server, and as whom. */
export interface ClusterAccess {
  /** Base URL; may carry a path, as behind a proxy. */
  server: string;
  /** The namespace to use where none is named. */
  namespace: string;
  /** PEM. Absent: the authorities that Node trusts. */
  ca?: string | undefined;
  /** PEM of a client certificate and its key. */
  clientCertificate?: string | undefined;
  clientKey?: string | undefined;
  /** The name to ask for and verify instead of the host in `server`. */
  tlsServerName?: string | undefined;
  skipTlsVerify?: boolean | undefined;
  /** The value of the Authorization header; asked before each request. */
  authorization?: Authorization | undefined;
}

export interface Authorization {
  header(): string;
  /** Called after a 401: reads the credentials anew; true where they changed, so that a second try makes sense. */
  renew(): boolean;
}
