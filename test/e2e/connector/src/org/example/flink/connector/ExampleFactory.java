package org.example.flink.connector;

import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.factories.FactoryUtil;

/** The connector 'example', which Flink finds as a service: a print connector under another name. */
public final class ExampleFactory implements DynamicTableSinkFactory {
    @Override
    public String factoryIdentifier() {
        return "example";
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        return print(context).createDynamicTableSink(context);
    }

    private static DynamicTableSinkFactory print(Context context) {
        return FactoryUtil.discoverFactory(context.getClassLoader(), DynamicTableSinkFactory.class, "print");
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }
}
