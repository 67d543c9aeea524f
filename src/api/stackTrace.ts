/**
 * Java stack traces as Flink's REST hands them out: the text of Throwable.printStackTrace, sometimes with Flink's
 * own brackets around it. What a person needs of them is the chain of causes; the frames are for a log.
 */

/** One throwable of a chain of causes. */
export interface JavaThrowable {
  /** Fully qualified class name. */
  readonly className: string;
  /** May have several lines; "" where the throwable has none. */
  readonly message: string;
}

/** They only carry another throwable from one thread or process to another, and repeat its text as their message. */
const carriers = new Set([
  "java.util.concurrent.CompletionException",
  "java.util.concurrent.ExecutionException",
  "java.lang.reflect.InvocationTargetException",
  "org.apache.flink.util.SerializedThrowable",
]);

const className = "[A-Za-z_$][\\w$]*(?:\\.[A-Za-z_$][\\w$]*)+";
const headline = new RegExp(`^(${className})(?:: ([^]*))?$`);

/**
 * The chain of causes, outermost first, without those that only carry another: they have its text as their message.
 * Empty where the text is not a stack trace.
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

/** "Class: message" of the outermost cause, with the innermost behind it where that says more; on one line. */
export function headlineOf(stackTrace: string, maxLength = 500): string {
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
 * The same trace with at most `framesPerCause` frames for each throwable and at most `maxLength` characters. Every
 * cause keeps its place: in a chain the last one, at the far end of the text, is the one that matters.
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

/** Cuts a trace into its throwables. Suppressed ones count as frames: they are not causes. */
function sectionsOf(stackTrace: string): Section[] {
  const sections: Section[] = [];
  for (const line of stackTrace.split("\n")) {
    const last = sections.at(-1);
    if (line.startsWith(causedBy)) {
      sections.push({ prefix: causedBy, text: line.slice(causedBy.length).trimEnd(), frames: [] });
    } else if (isBracket(line) || (line.trim() === "" && (last === undefined || last.frames.length > 0))) {
      // Not of the trace: Flink's own words around a trace of the server, empty lines at its ends.
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

/** The throwable that a headline names, unwrapped from carriers; undefined for a carrier that names nothing else. */
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

// Cut first: the pattern takes quadratic time on a long run of blanks.
const oneLine = (text: string): string =>
  text
    .slice(0, 4_096)
    .replace(/\s*\n\s*/g, " ")
    .trim();

const shorten = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1)}…`;
