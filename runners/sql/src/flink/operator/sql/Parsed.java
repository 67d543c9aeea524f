package flink.operator.sql;

import org.apache.flink.table.operations.Operation;

/** A statement and what it is. */
final class Parsed {
    final Statement statement;
    final Operation operation;
    final Kind kind;
    final String label;

    Parsed(Statement statement, Operation operation) {
        this.statement = statement;
        this.operation = operation;
        this.kind = Kind.of(operation);
        this.label = Kind.label(operation);
    }

    /** A statement that cannot be parsed before the statements ahead of it have run. */
    Parsed(Statement statement) {
        String word = statement.firstWord();
        this.statement = statement;
        this.operation = null;
        this.kind = word.equals("INSERT") ? Kind.INSERT : word.equals("EXECUTE") ? Kind.STATEMENT_SET : Kind.ADDITION;
        this.label = word;
    }

    boolean validated() {
        return operation != null;
    }

    SqlProblem refused(String reason) {
        return new SqlProblem(reason, statement.position());
    }
}
