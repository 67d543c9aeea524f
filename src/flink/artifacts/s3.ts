import { AwsV4Signer } from "aws4fetch";
import type { S3Keys, S3Settings } from "../../api/artifactSettings.ts";
import type { JarUri } from "../../api/jarUri.ts";
import { ArtifactError } from "./api.ts";
import { asArtifactError } from "./failure.ts";
import { answerOf, rangeOf } from "./http.ts";
import type { ReadFrom, Remote } from "./remote.ts";
import type { Reply, Transport } from "./transport.ts";

export interface S3Source {
  /** `s3://bucket/key`. */
  readonly uri: JarUri;
  readonly settings: S3Settings;
  readonly keys: (settings: S3Settings, signal: AbortSignal) => Promise<S3Keys>;
  readonly transport: Transport;
}

/**
 * A jar in S3 or an S3-compatible store. The operator's configuration sets the endpoint, so a URI has only the bucket and
 * the key. Redirects are not followed.
 */
export function s3Remote({ uri, settings, keys, transport }: S3Source): Remote {
  const bucket = uri.url.hostname;
  const key = uri.url.pathname.slice(1);
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i.test(bucket) || key === "") {
    throw new ArtifactError(
      "not-allowed",
      `${uri.label} names no object in S3: write it as s3://bucket/path/job.jar`,
    );
  }

  async function ask(region: string, from: ReadFrom, signal: AbortSignal): Promise<Reply> {
    const { accessKeyId, secretAccessKey, sessionToken } = await keys(settings, signal);
    const signer = new AwsV4Signer({
      url: objectUrl(settings, region, bucket, key),
      service: "s3",
      region,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    });
    const { url, headers } = await signer.sign();
    return transport.get(url, { ...Object.fromEntries(headers), ...rangeOf(from) }, signal);
  }

  return {
    async get(from, signal) {
      try {
        const region = settings.region ?? "us-east-1";
        let reply = await ask(region, from, signal);
        // AWS reports the region of a bucket in the response to a request in another region.
        const right = reply.header("x-amz-bucket-region");
        if (
          reply.status >= 300 &&
          settings.endpoint === undefined &&
          right !== undefined &&
          right !== region
        ) {
          reply.discard();
          reply = await ask(regionOf(right), from, signal);
        }
        return await answerOf(
          reply,
          from,
          uri.label,
          "let the operator's S3 credentials read it, or set s3.access-key and s3.secret-key",
        );
      } catch (error) {
        throw asArtifactError(error, uri.label);
      }
    },
  };
}

/** The region becomes part of a host name. */
function regionOf(text: string): string {
  if (!/^[a-z0-9-]{1,30}$/.test(text)) throw new ArtifactError("refused", "S3 names a region that is none");
  return text;
}

function objectUrl({ endpoint, pathStyle }: S3Settings, region: string, bucket: string, key: string): string {
  const base = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  const root = base.pathname.replace(/\/+$/, "");
  // A host name with the dot of a bucket name would not match the certificate.
  const inPath = pathStyle || bucket.includes(".") || /^[\d.]+$|^\[/.test(base.hostname);
  return inPath
    ? `${base.origin}${root}/${bucket}/${key}`
    : `${base.protocol}//${bucket}.${base.host}${root}/${key}`;
}
