/** A line of the operator's log in text form that is more than information. */
const complaint = /\b(WARN|ERROR|FATAL)\b/;

/** Warnings and errors by their text without what differs from resource to resource, the most frequent first. */
export function complaintsOf(log: string, most = 10): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const line of log.split("\n")) {
    if (!complaint.test(line)) continue;
    const text = generalised(line);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).slice(0, most);
}

const generalised = (line: string): string =>
  line
    .replace(/^\S*\d\d:\d\d\S*\s*/, "")
    .replaceAll(/job-\d{5,}/g, "job-N")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}/g, "ID")
    .replaceAll(/\d+/g, "N")
    .slice(0, 300);
