package flink.operator.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits a script at each <code>;</code> outside quotes and comments, as Flink's own script runner does, and finds the references to
 * variables. There are none in comments; hints, which begin like comments, may have them.
 */
final class Splitter {
    private static final Pattern NAME = Pattern.compile("\\$\\{([-._A-Za-z0-9]+)}");

    final List<Piece> pieces = new ArrayList<>();
    final List<Reference> references = new ArrayList<>();

    /** The text with blanks in the place of comments: Flink takes an unquoted SET only if nothing else is around it. */
    final StringBuilder code;

    private final Script script;
    private final String text;
    private int pieceStart = 0;
    private int firstToken = -1;

    Splitter(Script script) {
        this.script = script;
        this.text = script.text();
        this.code = new StringBuilder(text);
        int at = 0;
        while (at < text.length()) at = next(at);
        endPiece(text.length());
    }

    private int next(int at) {
        char c = text.charAt(at);
        if (c == ';') {
            endPiece(at);
            return at + 1;
        }
        if (text.startsWith("--", at) || text.startsWith("//", at)) return blanked(at, endOfLine(at));
        if (text.startsWith("/*", at) && !text.startsWith("/*+", at)) return blanked(at, endOfComment(at));
        if (firstToken < 0 && !Character.isWhitespace(c)) firstToken = at;
        if (c == '\'' || c == '`' || c == '"') return endOfQuote(at, c);
        return c == '$' ? endOfReference(at, (char) 0) : at + 1;
    }

    private void endPiece(int end) {
        pieces.add(new Piece(pieceStart, end, firstToken));
        pieceStart = end + 1;
        firstToken = -1;
    }

    /** Line breaks stay, for the positions of what follows. */
    private int blanked(int from, int end) {
        for (int at = from; at < end; at++) {
            if (code.charAt(at) != '\n' && code.charAt(at) != '\r') code.setCharAt(at, ' ');
        }
        return end;
    }

    private int endOfLine(int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') at++;
        return at;
    }

    private int endOfComment(int from) {
        int end = text.indexOf("*/", from + 2);
        if (end < 0) throw new SqlProblem("the comment that begins here has no */", script.position(from));
        return end + 2;
    }

    /** A doubled quote inside ends one quotation and begins the next, which comes to the same. */
    private int endOfQuote(int from, char quote) {
        int at = from + 1;
        while (at < text.length() && text.charAt(at) != quote) {
            at = text.charAt(at) == '$' ? endOfReference(at, quote) : at + 1;
        }
        if (at < text.length()) return at + 1;
        throw new SqlProblem("the quotation that begins here has no closing " + quote, script.position(from));
    }

    private int endOfReference(int at, char quote) {
        if (text.startsWith("$${", at)) {
            references.add(new Reference(at, at + 3, null, quote));
            return at + 3;
        }
        if (!text.startsWith("${", at)) return at + 1;
        Matcher name = NAME.matcher(text).region(at, text.length());
        if (!name.lookingAt()) {
            String message = "expected ${name} with letters, digits, '-', '_' and '.', or $${ for the characters ${";
            throw new SqlProblem(message, script.position(at));
        }
        references.add(new Reference(at, name.end(), name.group(1), quote));
        return name.end();
    }
}
