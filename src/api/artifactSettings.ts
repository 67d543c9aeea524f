import type { JarPolicy } from "./jarUri.ts";

/** How jars are fetched: what the operator's configuration and environment say of it. */
export interface ArtifactSettings {
  readonly policy: JarPolicy;
  /** Local jars are below it, and the cache is in it. */
  readonly directory: string;
  /** Bytes of one jar. */
  readonly maxBytes: number;
  /** Bytes of all jars that are kept; 0: none are. */
  readonly cacheBytes: number;
  /** Jars on their way at a time. */
  readonly parallelism: number;
  /** Milliseconds for one jar, from the first request to its last byte. */
  readonly deadlineMs: number;
  readonly s3: S3Settings;
  /** What the option is called that says how large a jar may be, for messages. */
  readonly maxBytesOption: string;
}

export interface S3Settings {
  /** A URL; undefined: AWS itself. */
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  /** Whether the bucket is in the path and not in the host's name. */
  readonly pathStyle: boolean;
  /** Where to get credentials from, the first that is there; undefined: nothing says. */
  readonly credentials: S3CredentialsSource | undefined;
}

export type S3CredentialsSource =
  | { readonly kind: "keys"; readonly keys: S3Keys }
  | {
      readonly kind: "web-identity";
      readonly tokenFile: string;
      readonly roleArn: string;
      readonly sessionName: string;
      /** URL of the security token service; undefined: that of the region. */
      readonly endpoint: string | undefined;
    };

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}
