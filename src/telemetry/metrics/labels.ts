/** Names and values of a series' labels. */
export type Labels = Readonly<Record<string, string>>;
