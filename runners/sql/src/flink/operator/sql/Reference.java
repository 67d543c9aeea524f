package flink.operator.sql;

/** <code>${name}</code> in the script, or <code>$${</code>, which stands for <code>${</code> and has no name. */
final class Reference {
    final int start;
    final int end;
    final String name;
    /** The quote around it, or 0. */
    final char quote;

    Reference(int start, int end, String name, char quote) {
        this.start = start;
        this.end = end;
        this.name = name;
        this.quote = quote;
    }
}
