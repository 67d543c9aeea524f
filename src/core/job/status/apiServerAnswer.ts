/**
 * The API server's own words in the message of an exception of Flink's Kubernetes client, which puts the request before
 * them and the whole Status behind; undefined in other texts.
 */
export const apiServerAnswer = (text: string): string | undefined =>
  /\bFailure executing: [A-Z]+ at: \S+ Message: (.+?)\. Received status: /.exec(text)?.[1];
