package io.varve.daemon.io.sim;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * The product with one rule taken out of it: a piece of the source of one class is replaced, the class is compiled
 * again, and the daemon is loaded a second time around it, tests included.
 *
 * <p>Design note: so the product needs no switches that turn its rules off. A piece that is not found exactly once
 * is an error, so that a mutant cannot outlive the rule that it is about.
 *
 * <p>Owned by one test.
 */
public final class Mutant {

    private final Class<?> victim;
    private final Map<String, byte[]> compiled;

    /**
     * @param piece       text of the source; white space counts as one space
     * @param replacement Java that takes its place
     */
    public Mutant(Class<?> victim, String piece, String replacement) throws IOException {
        this.victim = victim;
        Path root = Path.of(System.getProperty("basedir", "."), "src", "main", "java");
        String source = Files.readString(root.resolve(victim.getName().replace('.', '/') + ".java"));
        String pattern = "\\Q" + piece.strip().replaceAll("\\s+", "\\\\E\\\\s+\\\\Q") + "\\E";
        String[] around = source.split(pattern, -1);
        if (around.length != 2) {
            throw new IllegalArgumentException(victim.getSimpleName() + " has " + (around.length - 1) + " times: "
                    + piece);
        }
        this.compiled = compile(around[0] + replacement + around[1]);
    }

    private Map<String, byte[]> compile(String source) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Map<String, ByteArrayOutputStream> classes = new HashMap<>();
        StringWriter complaints = new StringWriter();
        try (StandardJavaFileManager standard = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);
                JavaFileManager files = new InMemory(standard, classes)) {
            List<String> options = List.of("-proc:none", "-classpath", System.getProperty("java.class.path"));
            boolean ok = compiler.getTask(complaints, files, null, options, null, List.of(new Text(victim, source)))
                    .call();
            if (!ok) {
                throw new IllegalArgumentException("the mutant of " + victim + " does not compile: " + complaints);
            }
        }
        Map<String, byte[]> bytes = new HashMap<>();
        classes.forEach((name, stream) -> bytes.put(name, stream.toByteArray()));
        return bytes;
    }

    /** The same suite, in the world of the mutant. It has a constructor without parameters. */
    @SuppressWarnings("unchecked")
    public <T> Callable<T> instanceOf(Class<? extends Callable<T>> suite) throws ReflectiveOperationException {
        ClassLoader loader = new MutantLoader(compiled, Mutant.class.getClassLoader());
        var constructor = loader.loadClass(suite.getName()).getDeclaredConstructor();
        constructor.setAccessible(true);
        return (Callable<T>) constructor.newInstance();
    }

    /** Loads the rooms of the daemon itself, but for the one of files and simulated disks: that goes between worlds. */
    private static final class MutantLoader extends ClassLoader {

        private static final String ROOMS = "io.varve.daemon.";
        private static final String SHARED = "io.varve.daemon.io.";

        private final Map<String, byte[]> compiled;

        MutantLoader(Map<String, byte[]> compiled, ClassLoader parent) {
            super(parent);
            this.compiled = compiled;
            setDefaultAssertionStatus(true);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(ROOMS) || name.startsWith(SHARED)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                if (loaded == null) {
                    byte[] bytes = compiled.containsKey(name) ? compiled.get(name) : original(name);
                    loaded = defineClass(name, bytes, 0, bytes.length);
                }
                return loaded;
            }
        }

        private byte[] original(String name) throws ClassNotFoundException {
            try (InputStream stream = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (stream == null) {
                    throw new ClassNotFoundException(name);
                }
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Text extends SimpleJavaFileObject {

        private final String source;

        Text(Class<?> type, String source) {
            super(URI.create("mutant:///" + type.getName().replace('.', '/') + ".java"), Kind.SOURCE);
            this.source = source;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
        }
    }

    private static final class InMemory extends ForwardingJavaFileManager<JavaFileManager> {

        private final Map<String, ByteArrayOutputStream> classes;

        InMemory(JavaFileManager standard, Map<String, ByteArrayOutputStream> classes) {
            super(standard);
            this.classes = classes;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(Location location, String className, JavaFileObject.Kind kind,
                FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("mutant:///" + className), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return classes.computeIfAbsent(className, name -> new ByteArrayOutputStream());
                }
            };
        }
    }
}
