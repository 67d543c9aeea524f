package flink.operator.sql;

import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.operations.ModifyOperation;
import org.apache.flink.table.operations.SinkModifyOperation;

/** What --check prints. */
final class PlanJson {
    private PlanJson() {}

    static String of(Check check, boolean severalFiles, Variables variables) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        ObjectNode plan = root.putObject("plan").put("flink", EnvironmentInformation.getVersion());
        ArrayNode statements = plan.putArray("statements");
        ArrayNode sinks = plan.putArray("sinks");
        for (Parsed each : check.statements) {
            Position position = each.statement.position();
            ObjectNode statement = statements.addObject();
            if (severalFiles) statement.put("file", position.file);
            statement.put("line", position.line).put("kind", each.label);
            if (!each.validated()) statement.put("validated", false);
            else if (each.kind == Kind.INSERT || each.kind == Kind.STATEMENT_SET) addSinks(sinks, each, variables);
        }
        ArrayNode operators = plan.putArray("operators");
        for (PlannedOperator each : check.operators) {
            operators
                    .addObject()
                    .put("id", each.id)
                    .put("name", variables.redact(each.name))
                    .put("stateful", each.stateful)
                    .put("description", variables.redact(each.description));
        }
        return root.toString();
    }

    private static void addSinks(ArrayNode sinks, Parsed parsed, Variables variables) {
        for (ModifyOperation each : Planning.inserts(parsed.operation)) {
            if (!(each instanceof SinkModifyOperation)) continue;
            String name = ((SinkModifyOperation) each).getContextResolvedTable().getIdentifier().asSummaryString();
            sinks.add(variables.redact(name));
        }
    }
}
