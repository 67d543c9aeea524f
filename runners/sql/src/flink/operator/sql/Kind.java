package flink.operator.sql;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.QueryOperation;

/** What a statement is, by the name of its class: not all releases have all classes. */
enum Kind {
    SETTING(false),
    /** It adds something that later statements can use, and changes nothing. */
    ADDITION(false),
    /** It changes or removes something. */
    CHANGE(false),
    INSERT(true),
    STATEMENT_SET(true),
    BEGIN(false),
    END(false),
    QUERY(false),
    REFUSED(false);

    private static final Set<String> ADDITIONS =
            new HashSet<>(
                    Arrays.asList("AddJar", "LoadModule", "UseModules", "UseCatalog", "UseDatabase", "AddPartitions", "Nop"));

    final boolean startsJob;

    Kind(boolean startsJob) {
        this.startsJob = startsJob;
    }

    static Kind of(Operation operation) {
        switch (name(operation)) {
            case "Set":
            case "Reset":
                return SETTING;
            case "SinkModify":
                return INSERT;
            case "StatementSet":
                return STATEMENT_SET;
            case "BeginStatementSet":
                return BEGIN;
            case "EndStatementSet":
                return END;
            case "UnloadModule":
                return CHANGE;
            default:
                return operation instanceof QueryOperation ? QUERY : definition(operation);
        }
    }

    private static Kind definition(Operation operation) {
        String name = name(operation);
        if (ADDITIONS.contains(name)) return ADDITION;
        boolean ddl = operation.getClass().getPackage().getName().endsWith(".operations.ddl");
        if (ddl && name.startsWith("Create") && !name.endsWith("AS")) return ADDITION;
        if (ddl && (name.startsWith("Alter") || name.startsWith("Drop"))) return CHANGE;
        return REFUSED;
    }

    /** As users write it: CREATE TABLE. */
    static String label(Operation operation) {
        if (operation instanceof QueryOperation) return "SELECT";
        String name = name(operation).replaceFirst("^SinkModify$", "Insert").replaceFirst("^CreateTempSystem", "Create");
        return name.replace("CatalogFunction", "Function").replaceAll("(?<=[a-z])(?=[A-Z])", " ").toUpperCase();
    }

    private static String name(Operation operation) {
        return operation.getClass().getSimpleName().replaceFirst("Operation$", "");
    }
}
