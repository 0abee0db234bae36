package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Repository;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each rule has a test. */
class RuleCoverageTest {

    private static final int RULE_COUNT = 161;
    private static final Path SOURCES =
            Repository.ROOT.resolve("integration-tests/src/test/java/io/varve/it/conform");

    private static List<Method> tests() throws IOException {
        try (Stream<Path> files = Files.list(SOURCES)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith("IT.java"))
                    .map(name -> RuleCoverageTest.class.getPackageName() + "." + name.replace(".java", ""))
                    .flatMap(name -> Arrays.stream(load(name).getDeclaredMethods()))
                    .filter(method -> method.isAnnotationPresent(Rule.class))
                    .toList();
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldTestEachRule() throws IOException {
        Set<Integer> seen = new TreeSet<>();
        tests().forEach(test -> Arrays.stream(test.getAnnotation(Rule.class).value()).forEach(seen::add));
        assertThat(seen).isEqualTo(
                IntStream.rangeClosed(1, RULE_COUNT).boxed().collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void shouldNameTestsAsSentencesAndOnce() throws IOException {
        List<String> names = tests().stream().map(Method::getName).toList();
        assertThat(names).allMatch(name -> name.startsWith("should")).doesNotHaveDuplicates();
    }

    @Test
    void shouldListDeviationsOfTestsThatExist() throws IOException {
        assertThat(tests().stream().map(Method::getName).toList())
                .containsAll(Deviation.all().stream().flatMap(one -> one.tests().stream()).toList());
    }

    @Test
    void shouldListLacksOfWhatExists() throws IOException {
        Set<String> known = tests().stream().map(Method::getName).collect(Collectors.toCollection(TreeSet::new));
        Arrays.stream(Way.values()).map(Way::name).forEach(known::add);
        Arrays.stream(Link.Style.values()).map(Link.Style::name).forEach(known::add);
        assertThat(known).containsAll(Lack.all().stream().map(Lack::of).toList());
        assertThat(Lack.all()).noneMatch(lack -> lack.peer() == Peer.VARVE);
        assertThat(Deviation.all()).noneMatch(deviation -> deviation.peer() == Peer.VARVE);
    }
}
