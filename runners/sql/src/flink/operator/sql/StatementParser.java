package flink.operator.sql;

import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.flink.table.api.SqlParserEOFException;
import org.apache.flink.table.delegation.Parser;
import org.apache.flink.table.operations.Operation;

/**
 * Cuts a script into statements. Only the parser knows whether a semicolon ends a statement: where the text ends too early, the next
 * piece belongs to it, as in EXECUTE STATEMENT SET BEGIN ...; END.
 */
final class StatementParser {
    private static final Pattern BLOCK = Pattern.compile("\\bBEGIN\\b", Pattern.CASE_INSENSITIVE);

    private final Script script;
    private final Splitter splitter;
    private final Variables variables;

    StatementParser(Script script, Variables variables) {
        this.script = script;
        this.splitter = new Splitter(script);
        this.variables = variables;
    }

    /** Gives each statement to a consumer that applies it before the next one is parsed. */
    void forEach(Parser parser, Failures failures, Consumer<Parsed> apply) {
        List<Piece> pieces = splitter.pieces;
        for (int i = 0; i < pieces.size(); i++) {
            if (pieces.get(i).firstToken < 0) continue;
            int last = i;
            Statement statement = statement(pieces.get(i), pieces.get(last));
            Operation operation = null;
            boolean failed = false;
            while (operation == null && !failed) {
                try {
                    operation = parse(parser, statement);
                } catch (SqlParserEOFException failure) {
                    if (last + 1 == pieces.size() || !BLOCK.matcher(statement.sql).find()) {
                        throw FlinkFailure.problem(failure, statement, variables);
                    }
                    statement = statement(pieces.get(i), pieces.get(++last));
                } catch (Throwable failure) {
                    failures.accept(statement, failure);
                    failed = true;
                }
            }
            i = last;
            apply.accept(failed ? new Parsed(statement) : new Parsed(statement, operation));
        }
    }

    /** The mode that the script sets: "streaming", "batch", or null. An environment has its mode from its creation. */
    String runtimeMode(Parser parser) {
        String mode = null;
        for (Piece piece : splitter.pieces) {
            if (piece.firstToken < 0) continue;
            Statement statement = statement(piece, piece);
            if (!statement.firstWord().equals("SET")) continue;
            String value = Settings.runtimeMode(parser, statement);
            if (value == null) continue;
            mode = value.toLowerCase();
            if (mode.equals("streaming") || mode.equals("batch")) continue;
            String message = "'" + Settings.RUNTIME_MODE + "' must be 'streaming' or 'batch'";
            throw new SqlProblem(message, statement.position());
        }
        return mode;
    }

    static Operation parse(Parser parser, Statement statement) {
        return parser.parse(statement.sql).get(0);
    }

    private Statement statement(Piece first, Piece last) {
        return new Statement(script, splitter, variables, first, last);
    }

    /** Throws a problem, or accepts that the statement cannot be validated. */
    interface Failures {
        void accept(Statement statement, Throwable failure);
    }
}
