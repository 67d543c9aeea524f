/** Keeps secrets out of what the operator says: events, status, logs. What Flink hides in its own logs is hidden too. */

export const hidden = "******";

const words =
  "passw(?:or)?d|pwd|secret|token|credential|api[-_.]?key|private[-_.]?key|access[-_.]?key|service[-_.]?key|" +
  "account\\.key|auth-params|basic-auth|jaas\\.config|http-headers";
const secretWord = new RegExp(words, "i");
const assignment = new RegExp(
  `((?:${words})[\\w.-]{0,80}\\s{0,3}=\\s{0,3})("[^"]*"|'[^']*'|[^\\s,;&"']+)`,
  "gi",
);
const userInfo = /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#@]+@/gi;

/** Whether a key, or any other text, names a secret. */
export const namesSecret = (text: string): boolean => secretWord.test(text);

/** The text with what follows `password=` and the like, and the user part of URLs, hidden. */
export const maskSecrets = (text: string): string =>
  text.replace(assignment, `$1${hidden}`).replace(userInfo, `$1${hidden}@`);
