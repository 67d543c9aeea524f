package org.example.flink.counter;

/** What the counter shows to the outside, as one value. */
final class Progress {
    final long count;
    final long restoredCount;
    final long gaps;
    final long duplicates;

    Progress(long count, long restoredCount, long gaps, long duplicates) {
        this.count = count;
        this.restoredCount = restoredCount;
        this.gaps = gaps;
        this.duplicates = duplicates;
    }

    boolean restored() {
        return restoredCount > 0;
    }

    String line() {
        return String.format(
                "count=%d restored=%b restoredFrom=%d gaps=%d duplicates=%d",
                count, restored(), restoredCount, gaps, duplicates);
    }

    String json() {
        return String.format(
                "{\"count\":%d,\"restored\":%b,\"restoredCount\":%d,\"gaps\":%d,\"duplicates\":%d}%n",
                count, restored(), restoredCount, gaps, duplicates);
    }
}
