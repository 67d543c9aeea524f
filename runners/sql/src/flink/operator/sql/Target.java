package flink.operator.sql;

import java.lang.reflect.Method;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.operations.Operation;

/** What a definition works on. By reflection: each class has its own getters, and their types differ between releases. */
final class Target {
    private final Operation operation;

    Target(Operation operation) {
        this.operation = operation;
    }

    /** The catalog's name, or null if the statement is not about something in a catalog. */
    String catalog() {
        ObjectIdentifier identifier = identifier();
        return identifier != null ? identifier.getCatalogName() : (String) get("getCatalogName");
    }

    /** The last part of the name. */
    String name() {
        ObjectIdentifier identifier = identifier();
        return identifier != null ? identifier.getObjectName() : (String) get("getDatabaseName");
    }

    ObjectIdentifier identifier() {
        for (Method each : operation.getClass().getMethods()) {
            if (each.getParameterCount() == 0 && each.getReturnType() == ObjectIdentifier.class) {
                return (ObjectIdentifier) get(each.getName());
            }
        }
        return null;
    }

    boolean temporary() {
        return Boolean.TRUE.equals(get("isTemporary"));
    }

    /** Whether the statement can run again: IF NOT EXISTS, IF EXISTS. */
    boolean repeatable() {
        return Boolean.TRUE.equals(get("isIgnoreIfExists")) || Boolean.TRUE.equals(get("isIfExists"));
    }

    /** Null where the operation has no such getter. */
    Object get(String getter) {
        try {
            return operation.getClass().getMethod(getter).invoke(operation);
        } catch (NoSuchMethodException absent) {
            return null;
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
