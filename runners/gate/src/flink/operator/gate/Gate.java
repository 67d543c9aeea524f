package flink.operator.gate;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The main class of an application cluster that stands before the job of the old one is stopped. Waits for the path of
 * the savepoint, then calls the main method of the job, which restores from it.
 */
public final class Gate {
    private static final Logger LOG = LoggerFactory.getLogger(Gate.class);

    private Gate() {}

    public static void main(String[] args) throws Throwable {
        // A wrong class fails here, while the old job still runs.
        Method job = mainMethod();
        LOG.info("Waiting for the savepoint to restore {} from", job.getDeclaringClass().getName());
        String savepoint = Word.await(System.getenv("GATE_CONFIG_MAP"), System.getenv("GATE_KEY"));
        LOG.info("Restoring {} from {}", job.getDeclaringClass().getName(), savepoint);
        RestorePath.set(savepoint);
        try {
            job.invoke(null, (Object) args);
        } catch (InvocationTargetException failure) {
            // The user's own error, as without the gate.
            throw failure.getCause();
        }
    }

    private static Method mainMethod() throws Exception {
        String name = className();
        Class<?> type;
        try {
            type = Class.forName(name, false, Thread.currentThread().getContextClassLoader());
        } catch (ClassNotFoundException | NoClassDefFoundError failure) {
            throw new IllegalArgumentException("The main class " + name + " was not found", failure);
        }
        Method main;
        try {
            main = type.getMethod("main", String[].class);
        } catch (NoSuchMethodException failure) {
            throw new IllegalArgumentException("The class " + name + " has no main(String[]) method", failure);
        }
        if (!Modifier.isStatic(main.getModifiers())) {
            throw new IllegalArgumentException("The main method of " + name + " is not static");
        }
        main.setAccessible(true);
        return main;
    }

    private static String className() throws IOException {
        String name = System.getenv("GATE_MAIN_CLASS");
        if (name != null) {
            return name;
        }
        String path = System.getenv("GATE_JAR");
        try (JarFile jar = new JarFile(path)) {
            Attributes attributes = jar.getManifest() == null ? null : jar.getManifest().getMainAttributes();
            // Flink's own attribute comes first, as in PackagedProgram.
            for (String attribute : new String[] {"program-class", "Main-Class"}) {
                String found = attributes == null ? null : attributes.getValue(attribute);
                if (found != null) {
                    return found;
                }
            }
        }
        throw new IllegalArgumentException("The manifest of " + path + " names no main class");
    }
}
