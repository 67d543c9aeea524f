package flink.operator.sql;

/** The text between two semicolons. */
final class Piece {
    final int start;
    /** The offset of its semicolon, or of the script's end. */
    final int end;
    /** The offset of the first character that is neither white space nor comment, or -1. */
    final int firstToken;

    Piece(int start, int end, int firstToken) {
        this.start = start;
        this.end = end;
        this.firstToken = firstToken;
    }
}
