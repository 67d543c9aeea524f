package flink.operator.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.zip.CRC32;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.catalog.ContextResolvedTable;

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
        }
        for (ContextResolvedTable each : Planning.sinks(check.statements)) {
            sinks.add(variables.redact(each.getIdentifier().asSummaryString()));
        }
        ArrayNode operators = plan.putArray("operators");
        for (PlannedOperator each : check.redactedOperators()) {
            operators
                    .addObject()
                    .put("id", each.id)
                    .put("name", each.name)
                    .put("stateful", each.stateful)
                    .put("description", each.description);
        }
        return root.toString();
    }

    /** Two values must look different, or a change from SUM to MAX by a variable stays unseen. So few bits do not give a value away. */
    static String redacted(String description, Variables... variables) {
        String redacted = Variables.redact(description, variables);
        if (redacted.equals(description)) return description;
        CRC32 checksum = new CRC32();
        checksum.update(description.getBytes(UTF_8));
        return redacted + String.format(" (values %04x)", checksum.getValue() & 0xffff);
    }
}
