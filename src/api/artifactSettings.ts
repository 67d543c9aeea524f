import type { JarPolicy } from "./jarUri.ts";

/** The settings for fetching jars, from the operator's configuration and environment. */
export interface ArtifactSettings {
  readonly policy: JarPolicy;
  /** The directory of local jars, and of the cache. */
  readonly directory: string;
  /** The largest size of one jar, in bytes. */
  readonly maxBytes: number;
  /** The size of the cache, in bytes. 0: no cache. */
  readonly cacheBytes: number;
  /** How many transfers run at a time. */
  readonly parallelism: number;
  /** The deadline of one jar, from the first request to the last byte, in milliseconds. */
  readonly deadlineMs: number;
  readonly s3: S3Settings;
  /** The key of the option for the largest size, for messages. */
  readonly maxBytesOption: string;
}

export interface S3Settings {
  /** A URL. Undefined: AWS. */
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  /** Whether the bucket is in the path and not in the host name. */
  readonly pathStyle: boolean;
  /** The first configured source of credentials. Undefined: there is none. */
  readonly credentials: S3CredentialsSource | undefined;
}

export type S3CredentialsSource =
  | { readonly kind: "keys"; readonly keys: S3Keys }
  | {
      readonly kind: "web-identity";
      readonly tokenFile: string;
      readonly roleArn: string;
      readonly sessionName: string;
      /** The URL of the security token service. Undefined: that of the region. */
      readonly endpoint: string | undefined;
    };

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}
