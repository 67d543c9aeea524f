package flink.operator.sql.test;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.catalog.Catalog;
import org.apache.flink.table.catalog.GenericInMemoryCatalog;
import org.apache.flink.table.factories.CatalogFactory;

/** A catalog that is not in this process, as far as the runner can see. It reports each call that changes it. */
public final class OutsideCatalogFactory implements CatalogFactory {
    @Override
    public String factoryIdentifier() {
        return "outside";
    }

    @Override
    public Catalog createCatalog(Context context) {
        Catalog catalog = new GenericInMemoryCatalog(context.getName());
        return (Catalog)
                Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {Catalog.class},
                        (proxy, method, arguments) -> {
                            if (method.getName().matches("(create|drop|alter|rename).*")) System.out.println("changed: " + method.getName());
                            try {
                                return method.invoke(catalog, arguments);
                            } catch (InvocationTargetException failure) {
                                throw failure.getCause();
                            }
                        });
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Collections.emptySet();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Collections.emptySet();
    }
}
