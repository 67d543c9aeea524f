package flink.operator.sql;

import static java.util.stream.Collectors.toList;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;
import org.apache.flink.table.catalog.ContextResolvedTable;

/** Parses, validates and plans a whole script in an environment of its own. Nothing is executed. */
final class Check {
    final List<Parsed> statements = new ArrayList<>();
    final ScriptOrder order;
    /** The operators of the job; empty where a statement could not be validated. */
    final List<PlannedOperator> operators;
    /** The mode that the script sets, for {@link Environments#create}. */
    final String mode;

    final Variables variables;
    private final TableEnvironmentImpl environment;
    private final CheckCatalogs catalogs;
    private final Settings settings;

    Check(Script script, Variables variables) {
        this(script, variables, System.getenv("FLINK_CONF_DIR"), Collections.emptyMap());
    }

    /** @param folder as in {@link Environments#create(String, String, Map)}. */
    Check(Script script, Variables variables, String folder, Map<String, String> configuration) {
        this.variables = variables;
        StatementParser parser = new StatementParser(script, variables);
        TableEnvironmentImpl configured = Environments.create(null, folder, configuration);
        mode = parser.runtimeMode(configured.getParser());
        environment = mode == null ? configured : Environments.create(mode, folder, configuration);
        catalogs = new CheckCatalogs(environment);
        settings = new Settings(environment.getConfig());
        try {
            parser.forEach(environment.getParser(), this::failed, this::apply);
            order = new ScriptOrder(statements);
            operators = plan();
        } finally {
            catalogs.close();
        }
    }

    /** The operators without values of variables in what they compute. */
    List<PlannedOperator> redactedOperators() {
        return operators.stream().map(each -> each.redacted(variables)).collect(toList());
    }

    private void apply(Parsed parsed) {
        ScriptOrder.checkAlone(parsed);
        statements.add(parsed);
        if (!parsed.validated()) return;
        try {
            if (parsed.kind == Kind.SETTING) settings.apply(parsed);
            if (parsed.kind == Kind.ADDITION || parsed.kind == Kind.CHANGE) catalogs.apply(parsed);
        } catch (Throwable failure) {
            failed(parsed.statement, failure);
        }
    }

    private List<PlannedOperator> plan() {
        List<Parsed> jobs = order.executed.stream().filter(each -> each.kind.startsJob).collect(toList());
        List<Parsed> validated = jobs.stream().filter(Parsed::validated).collect(toList());
        boolean whole = jobs.equals(validated);
        try {
            if (whole) return operators(jobs);
            for (Parsed each : validated) operators(Collections.singletonList(each));
        } catch (Throwable failure) {
            // Alone, each INSERT tells whether it is the one that cannot be planned.
            for (Parsed each : validated) {
                try {
                    operators(Collections.singletonList(each));
                } catch (Throwable own) {
                    failed(each.statement, own);
                }
            }
            failed(jobs.get(0).statement, failure);
        }
        return Collections.emptyList();
    }

    private List<PlannedOperator> operators(List<Parsed> jobs) {
        List<Transformation<?>> transformations = new Planning(environment).translate(jobs);
        OperatorDescription descriptions = new OperatorDescription(environment, catalogs.functions, connectors(jobs));
        return PlannedOperator.of(environment, transformations, descriptions);
    }

    private static Map<String, String> connectors(List<Parsed> jobs) {
        Map<String, String> connectors = new HashMap<>();
        for (ContextResolvedTable each : Planning.sinks(jobs)) {
            connectors.put(each.getIdentifier().getObjectName(), OperatorDescription.connector(each));
        }
        return connectors;
    }

    /** Returns if the statement may need what does not exist before the script has run. */
    private void failed(Statement statement, Throwable failure) {
        FlinkFailure.passOn(failure);
        if (catalogs.mayMiss(statement)) return;
        Statement setter = settings.setterOfKeyIn(failure);
        throw FlinkFailure.problem(failure, setter == null ? statement : setter, variables);
    }
}
