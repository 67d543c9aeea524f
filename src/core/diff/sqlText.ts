/**
 * An SQL script without what has no meaning: comments and white space between words become one blank, or one line break between
 * quoted texts on several lines. Quoted text and hints (a comment that begins with a plus) stay. A script in which it is not certain
 * what is quoted is returned as it is: two equal results never mean different things.
 */
export function withoutComments(script: string): string {
  let meaning = "";
  let between = "";
  for (let at = 0; at < script.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(script)?.[0];
    if (found === undefined) return script;
    if (gap.test(found)) {
      between += found;
      continue;
    }
    // Two quoted texts on several lines are one text; on one line they are an error.
    const joinsQuotes = meaning.endsWith("'") && found.startsWith("'") && /[\r\n]/.test(between);
    const blank = between === "" || meaning === "" ? "" : joinsQuotes ? "\n" : " ";
    meaning += blank + found;
    between = "";
  }
  return meaning;
}

/**
 * A quoted text (a doubled quote ends one and begins the next), a comment, white space, or other characters. None where a
 * quote or comment does not end, and at "//": a comment for Flink's parser, and none for what splits the script.
 */
const token =
  /'[^']*'|"[^"]*"|`[^`]*`|--[^\r\n]*|\/\*[\s\S]*?\*\/|[ \t\r\n\f]+|[^'"`/\s-]+|(?!\/[/*])[^'"`]/y;

const gap = /^(?:--|\/\*(?!\+)|[ \t\r\n\f])/;
