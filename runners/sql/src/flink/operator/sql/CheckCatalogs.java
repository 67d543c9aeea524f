package flink.operator.sql;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;
import org.apache.flink.table.catalog.Catalog;
import org.apache.flink.table.catalog.CatalogBaseTable;
import org.apache.flink.table.catalog.CatalogFunction;
import org.apache.flink.table.catalog.GenericInMemoryCatalog;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.ddl.CreateCatalogOperation;

/**
 * Applies definitions to an environment that only serves to validate the statements after them. What is in memory is copied. Catalogs
 * outside the process are read, never changed.
 */
final class CheckCatalogs {
    /** Names of user-defined functions and their classes: two plans that name the same function may call different classes. */
    final Map<String, String> functions = new LinkedHashMap<>();

    private final TableEnvironmentImpl environment;
    /** Names of what exists only after the script has run. */
    private final List<String> unknown = new ArrayList<>();
    private final List<Catalog> created = new ArrayList<>();

    CheckCatalogs(TableEnvironmentImpl environment) {
        this.environment = environment;
    }

    void apply(Parsed parsed) {
        Operation operation = parsed.operation;
        Target target = new Target(operation);
        Object function = target.get("getCatalogFunction");
        if (function != null) {
            functions.put((String) target.get("getFunctionName"), ((CatalogFunction) function).getClassName());
        }
        if (operation instanceof CreateCatalogOperation) {
            createCatalog((CreateCatalogOperation) operation);
        } else if (parsed.label.matches("ALTER CATALOG.*|DROP CATALOG") && !dropsCreated(parsed, target)) {
            unknown.add(target.catalog());
        } else if (isOutside(target) && !parsed.label.startsWith("USE")) {
            applyOutside(parsed, target);
        } else {
            environment.executeInternal(operation);
        }
    }

    /** Whether the failure of a statement may come from a definition that was not applied. */
    boolean mayMiss(Statement statement) {
        String text = statement.sql.toLowerCase();
        return unknown.stream().anyMatch(name -> text.contains(name.toLowerCase()));
    }

    /** The run opens connections of its own. */
    void close() {
        created.forEach(Catalog::close);
    }

    private void applyOutside(Parsed parsed, Target target) {
        boolean create = parsed.label.startsWith("CREATE");
        boolean conditional = create || parsed.label.matches("DROP (?!PARTITIONS).*");
        if (!conditional || !target.repeatable()) {
            String reason = "the script runs again at each start of the JobManager, and the catalog keeps what it did: ";
            String instead = "write " + parsed.label + (create ? " IF NOT EXISTS" : " IF EXISTS");
            throw parsed.refused(reason + (conditional ? instead : "do it once, outside of the script"));
        }
        Object table = target.get(parsed.label.equals("CREATE VIEW") ? "getCatalogView" : "getCatalogTable");
        boolean exists = table != null && environment.getCatalogManager().getTable(target.identifier()).isPresent();
        if (create && exists) return;
        // A temporary table hides the missing one, if it can stand without its catalog.
        if (create && table instanceof CatalogBaseTable && standsAlone((CatalogBaseTable) table)) {
            CatalogBaseTable copy = (CatalogBaseTable) table;
            environment.getCatalogManager().createTemporaryTable(copy, target.identifier(), true);
            return;
        }
        if (target.name() != null) unknown.add(target.name());
    }

    private static boolean standsAlone(CatalogBaseTable table) {
        return table.getTableKind() == CatalogBaseTable.TableKind.VIEW
                || table.getOptions().containsKey(FactoryUtil.CONNECTOR.key());
    }

    /** Not by executing the statement, which would write to the catalog store. */
    private void createCatalog(CreateCatalogOperation operation) {
        String name = operation.getCatalogName();
        Object ifNotExists = new Target(operation).get("isIgnoreIfExists");
        if (environment.getCatalog(name).isPresent() && Boolean.TRUE.equals(ifNotExists)) return;
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        Catalog catalog =
                FactoryUtil.createCatalog(name, operation.getProperties(), environment.getConfig().getConfiguration(), loader);
        environment.registerCatalog(name, catalog);
        created.add(catalog);
    }

    /** Such a catalog is not in the catalog store, so that its end leaves nothing behind. */
    private boolean dropsCreated(Parsed parsed, Target target) {
        return parsed.label.startsWith("DROP") && environment.getCatalog(target.catalog()).filter(created::contains).isPresent();
    }

    private boolean isOutside(Target target) {
        if (target.catalog() == null || target.temporary()) return false;
        Optional<Catalog> catalog = environment.getCatalog(target.catalog());
        return catalog.isPresent() && !(catalog.get() instanceof GenericInMemoryCatalog);
    }
}
