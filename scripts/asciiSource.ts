/**
 * The same source in ASCII. esbuild escapes other characters of strings and names, and leaves them in comments and in regular
 * expressions, where an escape means the same.
 */
export const asciiSource = (source: string): string =>
  source.replaceAll(/\P{ASCII}/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
