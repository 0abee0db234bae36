package io.varve.shim.libc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * jnr-ffi's x86-64 stub passes garbage as the sixth of exactly six integer arguments (jnr-ffi issue 181): such a
 * method works on other machines and in the first thousand calls, and corrupts data later.
 */
class SixIntegersRuleTest {

    private static final Set<Class<?>> INTEGERS =
            Set.of(byte.class, short.class, char.class, int.class, long.class, boolean.class);

    @Test
    void shouldHaveNoCallWithExactlySixIntegers() throws Exception {
        List<Class<?>> bindings = bindings();

        assertThat(bindings).contains(FileCalls.class, SocketCalls.class);
        assertThat(bindings.stream().flatMap(SixIntegersRuleTest::offenders)).isEmpty();
    }

    @Test
    void shouldSeeAnOffender() {
        assertThat(offenders(Planted.class).map(Method::getName)).containsExactlyInAnyOrder("mmap", "futex");
    }

    private static Stream<Method> offenders(Class<?> binding) {
        return Arrays.stream(binding.getMethods())
                .filter(method -> method.getParameterCount() == 6)
                .filter(method -> INTEGERS.containsAll(Arrays.asList(method.getParameterTypes())));
    }

    private static List<Class<?>> bindings() throws IOException, URISyntaxException {
        URL libc = Libc.class.getResource("Libc.class");
        try (Stream<Path> files = Files.list(Path.of(libc.toURI()).getParent())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class") && !name.equals("package-info.class"))
                    .<Class<?>>map(name -> load(name.substring(0, name.length() - ".class".length())))
                    .filter(Class::isInterface)
                    .toList();
        }
    }

    private static Class<?> load(String simpleName) {
        try {
            return Class.forName(Libc.class.getPackageName() + "." + simpleName);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    /** Never loaded by jnr-ffi. */
    interface Planted {
        long mmap(long address, long length, int protection, int flags, int fd, long position);

        int futex(long word, int operation, int value, long timeout, long word2, int value3);

        int fiveAreFine(int a, int b, int c, long d, long e);

        int sixWithBytesAreFine(int a, int b, int c, int d, int e, byte[] f);

        long sevenTakeAnotherPath(long a, long b, long c, long d, long e, long f, long g);
    }
}
