import { duration, type ValueType } from "../option.ts";
import { ValueError } from "../values/valueError.ts";

const MOST_DAYS = 36_500;

/** A duration that ends at a time which can be written to a status (RFC 3339). In milliseconds. */
export const timeAhead: ValueType<number> = {
  name: "Duration",
  parse: (text) => {
    const value = duration.parse(text);
    if (value > MOST_DAYS * 86_400_000) throw new ValueError(`"${text}" is longer than ${MOST_DAYS} d`);
    return value;
  },
};
