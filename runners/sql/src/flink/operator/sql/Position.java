package flink.operator.sql;

/** A place in the user's text. Line and column count from 1. */
final class Position {
    final String file;
    final int line;
    final int column;

    Position(String file, int line, int column) {
        this.file = file;
        this.line = line;
        this.column = column;
    }
}
