package flink.operator.sql;

import java.util.ArrayList;
import java.util.List;

/**
 * The rules for the statements of one script: all INSERTs together are one job, with one id, so nothing may stand between them that
 * would mean something else for those before it.
 */
final class ScriptOrder {
    private static final String ONE_JOB = "all INSERTs of a script are one job";

    /** The statements up to the last INSERT: those after it have no effect on the job. */
    final List<Parsed> executed;

    /** @throws SqlProblem for the first statement that breaks a rule. */
    ScriptOrder(List<Parsed> statements) {
        if (statements.isEmpty()) throw new SqlProblem("the script has no statement", null);
        int first = -1;
        int last = -1;
        for (int i = 0; i < statements.size(); i++) {
            if (!statements.get(i).kind.startsJob) continue;
            if (first < 0) first = i;
            last = i;
        }
        if (last < 0) {
            Parsed end = statements.get(statements.size() - 1);
            throw end.refused("the script starts no job: it has no INSERT");
        }
        checkSets(statements);
        for (int i = first + 1; i < last; i++) checkBetween(statements.get(i));
        for (int i = last + 1; i < statements.size(); i++) checkAfter(statements.get(i));
        executed = new ArrayList<>(statements.subList(0, last + 1));
    }

    /** What no script may have, whatever is around it. */
    static void checkAlone(Parsed parsed) {
        if (parsed.kind == Kind.QUERY) {
            throw parsed.refused("a SELECT on its own has nowhere to put its rows: write INSERT INTO a table SELECT ...");
        }
        if (parsed.label.startsWith("CREATE TABLE AS") || parsed.label.startsWith("REPLACE TABLE AS")) {
            throw parsed.refused(parsed.label + " is not supported: write CREATE TABLE and INSERT INTO");
        }
        if (parsed.kind == Kind.REFUSED) {
            throw parsed.refused(parsed.label + " is not supported in a script that runs as a job: remove it");
        }
    }

    private static void checkSets(List<Parsed> statements) {
        Parsed begin = null;
        int inserts = 0;
        for (Parsed each : statements) {
            if (each.kind == Kind.BEGIN) {
                if (begin != null) throw each.refused("BEGIN STATEMENT SET inside another one: END that one first");
                begin = each;
                inserts = 0;
            } else if (each.kind == Kind.END) {
                if (begin == null) throw each.refused("END without BEGIN STATEMENT SET");
                if (inserts == 0) throw begin.refused("the statement set has no INSERT");
                begin = null;
            } else if (begin != null) {
                if (each.kind != Kind.INSERT) {
                    throw each.refused("a statement set has only INSERTs: move the " + each.label + " before BEGIN STATEMENT SET");
                }
                inserts++;
            }
        }
        if (begin != null) throw begin.refused("BEGIN STATEMENT SET without END");
    }

    private static void checkBetween(Parsed parsed) {
        if (parsed.kind == Kind.SETTING || parsed.kind == Kind.CHANGE) {
            String reason = ONE_JOB + ", so " + parsed.label + " between them would apply to those before it as well";
            throw parsed.refused(reason + ": move it before the first INSERT, or into another script");
        }
    }

    private static void checkAfter(Parsed parsed) {
        boolean harmless = parsed.kind == Kind.SETTING || parsed.kind == Kind.END || parsed.label.startsWith("USE");
        if (!harmless) {
            String reason = parsed.label + " after the last INSERT would run while the job runs";
            throw parsed.refused(reason + ": move it before the first INSERT, or remove it");
        }
    }
}
