/**
 * The API server's message in an exception of Flink's Kubernetes client, without the request before it and the Status
 * object after it; undefined in other texts.
 */
export const apiServerAnswer = (text: string): string | undefined =>
  /\bFailure executing: [A-Z]+ at: \S+ Message: (.+?)\. Received status: /.exec(text)?.[1];
