/**
 * Java stack traces in Flink's REST responses: the text of Throwable.printStackTrace, sometimes in Flink's own brackets.
 * Users need the chain of causes. The frames belong in a log.
 */

/** One throwable of a chain of causes. */
export interface JavaThrowable {
  /** Fully qualified class name. */
  readonly className: string;
  /** May have several lines. "": the throwable has none. */
  readonly message: string;
}

/** Wrapper exceptions: they only transport another throwable, and repeat its text as their message. */
const carriers = new Set([
  "java.util.concurrent.CompletionException",
  "java.util.concurrent.ExecutionException",
  "java.lang.reflect.InvocationTargetException",
  "org.apache.flink.util.SerializedThrowable",
]);

const className = "[A-Za-z_$][\\w$]*(?:\\.[A-Za-z_$][\\w$]*)+";
const headline = new RegExp(`^(${className})(?:: ([^]*))?$`);

/**
 * The chain of causes, outermost first, without wrapper exceptions. Empty if the text is not a stack trace.
 */
export function causesOf(stackTrace: string): JavaThrowable[] {
  const causes: JavaThrowable[] = [];
  for (const { text } of sectionsOf(stackTrace)) {
    const cause = throwableOf(text);
    if (cause === undefined) {
      continue;
    }
    const known = causes.at(-1);
    if (known?.className !== cause.className || known.message !== cause.message) {
      causes.push(cause);
    }
  }
  return causes.filter(({ message }, index) => {
    const next = causes[index + 1];
    return next === undefined || message !== textOf(next);
  });
}

/** The runner of SQL scripts throws it. Its message says all: what is wrong, and in which line. */
const SQL_PROBLEM = "flink.operator.sql.SqlProblem";

/** What is wrong with an SQL script, if that is what a stack trace is about. */
export const sqlProblemIn = (stackTrace: string): string | undefined =>
  causesOf(stackTrace).find(({ className }) => className === SQL_PROBLEM)?.message;

/** The runner throws it where it only checks a script: the outcome as JSON in one line. */
const CHECK_ANSWER = "flink.operator.sql.CheckAnswer";

/** The outcome of a check in a stack trace of Flink. Undefined: there is none, since something failed. */
export const checkAnswerIn = (stackTrace: string): string | undefined =>
  causesOf(stackTrace).find(({ className }) => className === CHECK_ANSWER)?.message;

/**
 * "Class: message" of the outermost cause, followed by the innermost one if it differs, on one line. What is wrong with an SQL
 * script stands for itself.
 */
export function headlineOf(stackTrace: string, maxLength = 500): string {
  const problem = sqlProblemIn(stackTrace);
  if (problem !== undefined) return shorten(oneLine(problem), maxLength);
  const causes = causesOf(stackTrace);
  const [outer] = causes;
  const inner = causes.at(-1);
  if (outer === undefined || inner === undefined) {
    return shorten(oneLine(stackTrace.split("\n").find((line) => line.trim() !== "") ?? ""), maxLength);
  }
  const first = oneLine(textOf(outer));
  const last = oneLine(textOf(inner));
  return shorten(first.includes(last) ? first : `${first} (caused by ${last})`, maxLength);
}

/**
 * The same trace with at most `framesPerCause` frames for each throwable and at most `maxLength` characters. Keeps every
 * cause: the last one in the chain, at the end of the text, is the most important.
 */
export function compactStackTrace(stackTrace: string, framesPerCause = 6, maxLength = 8_192): string {
  const lines: string[] = [];
  for (const section of sectionsOf(stackTrace)) {
    const left = section.frames.length - framesPerCause;
    lines.push(section.prefix + shorten(section.text, 2_048), ...section.frames.slice(0, framesPerCause));
    if (left > 0) {
      lines.push(`\t... ${left} more`);
    }
  }
  return shorten(lines.join("\n"), maxLength);
}

interface Section {
  prefix: string;
  text: string;
  frames: string[];
}

const causedBy = "Caused by: ";

/** Splits a trace into its throwables. Suppressed ones count as frames: they are not causes. */
function sectionsOf(stackTrace: string): Section[] {
  const sections: Section[] = [];
  for (const line of stackTrace.split("\n")) {
    const last = sections.at(-1);
    if (line.startsWith(causedBy)) {
      sections.push({ prefix: causedBy, text: line.slice(causedBy.length).trimEnd(), frames: [] });
    } else if (isBracket(line) || (line.trim() === "" && (last === undefined || last.frames.length > 0))) {
      // Not part of the trace: Flink's text around a server's trace, or an empty line.
    } else if (last === undefined) {
      sections.push({ prefix: "", text: line.trimEnd(), frames: [] });
    } else if (last.frames.length > 0 || /^\s+(at |\.\.\. |Suppressed: )/.test(line)) {
      last.frames.push(line.trimEnd());
    } else {
      last.text = `${last.text}\n${line.trimEnd()}`;
    }
  }
  for (const section of sections) {
    section.text = section.text.trimEnd();
  }
  return sections;
}

const isBracket = (line: string): boolean =>
  line.startsWith("<Exception on server side:") || /^End of exception on server side>/.test(line);

/** The throwable in a headline, without wrappers. Undefined: a wrapper without another throwable. */
function throwableOf(text: string): JavaThrowable | undefined {
  const match = headline.exec(text);
  if (match?.[1] === undefined) {
    return undefined;
  }
  const message = match[2] ?? "";
  return carriers.has(match[1]) ? throwableOf(message) : { className: match[1], message };
}

const textOf = (cause: JavaThrowable): string =>
  cause.message === "" ? cause.className : `${cause.className}: ${cause.message}`;

// Truncated first: the pattern takes quadratic time on a long run of blanks.
const oneLine = (text: string): string =>
  text
    .slice(0, 4_096)
    .replace(/\s*\n\s*/g, " ")
    .trim();

const shorten = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1)}…`;

const moreFrames = /(\n\s+at [^\n]*)(?:\n\s+(?:at |\.\.\. \d+ more)[^\n]*)+/g;

/** A log in which each stack trace has the first frame of each cause only: most lines of a crash are frames. */
export const withFirstFrames = (log: string): string => log.replace(moreFrames, "$1");
