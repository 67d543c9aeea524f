package flink.operator.sql;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.table.api.internal.TableEnvironmentImpl;
import org.apache.flink.table.catalog.ContextResolvedTable;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.factories.FactoryUtil;

/** What an operator computes, without what may change although its state keeps its meaning. */
final class OperatorDescription {
    /** The number of a node in the plan: it counts on in a process. */
    private static final Pattern NUMBER = Pattern.compile("\\[\\d+](?=:)");
    private static final Pattern NUMBER_AT_END = Pattern.compile("\\[\\d+](?=$|:| )");
    /** The name of a result, not the type of a CAST, which a bracket follows. */
    private static final Pattern ALIAS = Pattern.compile(" AS [\\w$]+(?=[,\\]])");
    /** Columns, filters and hints are no part of a source's position. */
    private static final Pattern SOURCE = Pattern.compile("^TableSourceScan\\(table=\\[\\[([^,\\]]+), ([^,\\]]+), ([^,\\]]+)");
    /** A sink in several operators, whose state belongs to the connector: another table of the same connector goes on with it. */
    private static final Pattern SINK = Pattern.compile("^(?:Sink: )?(.+): (Writer|Committer)$");
    private static final Pattern SINK_FUNCTION = Pattern.compile("^Sink\\(table=\\[[^\\]]*]");

    private final TableEnvironmentImpl environment;
    /** The classes of user-defined functions, by name. */
    private final Map<String, String> functions;
    /** The connectors of the tables that the job writes to, by name. */
    private final Map<String, String> sinks;

    OperatorDescription(TableEnvironmentImpl environment, Map<String, String> functions, Map<String, String> sinks) {
        this.environment = environment;
        this.functions = functions;
        this.sinks = sinks;
    }

    static String name(String name) {
        return NUMBER_AT_END.matcher(name).replaceAll("");
    }

    /** @param inputs the types of the columns of each input. */
    String of(String flinkDescription, List<String> inputs) {
        String numberless = NUMBER.matcher(flinkDescription).replaceAll("").replaceFirst("^:", "");
        Matcher source = SOURCE.matcher(numberless);
        if (source.find()) return source(source.group(1), source.group(2), source.group(3));
        Matcher sink = SINK.matcher(numberless);
        if (sink.find() && sinks.containsKey(sink.group(1))) return "Sink: " + sink.group(2) + by(sinks.get(sink.group(1)));
        Matcher function = SINK_FUNCTION.matcher(numberless);
        if (function.find()) return function.group() + ")";
        String plain = ALIAS.matcher(numberless).replaceAll("");
        StringBuilder text = new StringBuilder(plain);
        if (!inputs.isEmpty()) text.append(" of ").append(String.join(" and ", inputs));
        functions.forEach(
                (name, type) -> {
                    if (plain.contains(name + "(")) text.append(" with ").append(name).append(" = ").append(type);
                });
        return text.toString();
    }

    private String source(String catalog, String database, String table) {
        String connector =
                environment
                        .getCatalogManager()
                        .getTable(ObjectIdentifier.of(catalog, database, table))
                        .map(OperatorDescription::connector)
                        .orElse(null);
        return "TableSourceScan(table=[[" + catalog + ", " + database + ", " + table + "]])" + by(connector);
    }

    /** Null for a table of a catalog that knows its connector by itself. */
    static String connector(ContextResolvedTable table) {
        return table.getResolvedTable().getOptions().get(FactoryUtil.CONNECTOR.key());
    }

    private static String by(String connector) {
        return connector == null ? "" : " by " + connector;
    }
}
