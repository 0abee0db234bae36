package io.varve.it.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every house rule catches a planted breach, and passes what merely looks like one. */
class TidyRulesTest {

    private static final ArchRules RULES = new ArchRules("io.varve.it.house.planted");
    private static final JavaClasses PLANTED = new ClassFileImporter().importPackages("io.varve.it.house.planted");

    @Test
    void shouldCatchUpwardImports() {
        assertThat(RULES.ranks(PLANTED))
                .hasSize(3)
                .anyMatch(line -> line.contains("Upward.server") && line.contains("only lower ranks"))
                .anyMatch(line -> line.contains("Server.disk") && line.contains("serve and disk"))
                .anyMatch(line -> line.contains("Attic") && line.contains("without a rank"));
    }

    @Test
    void shouldCatchModulesThatKnowTooMuch() {
        assertThat(RULES.modules(PLANTED))
                .hasSize(2)
                .anyMatch(line -> line.contains("Session.attic") && line.contains("nothing else"))
                .anyMatch(line -> line.contains("Nosy.session") && line.contains("nothing of the product"));
        assertThat(new ArchRules("another.product").modules(new ClassFileImporter().importPackages("jnr.ffi.util")))
                .anyMatch(line -> line.contains("jnr stays inside"));
    }

    @Test
    void shouldCatchTheSixIntegerTrap() {
        assertThat(RULES.sixIntegerCalls(PLANTED)).singleElement().asString().contains("copyFileRange");
    }

    @Test
    void shouldCatchUnreadableArgumentLists() {
        assertThat(RULES.constructorArguments(PLANTED)).singleElement().asString().contains("Direct", "has 8");
        assertThat(RULES.adjacentBooleans(PLANTED)).singleElement().asString().contains("Disk");
    }

    @Test
    void shouldCatchBannedCalls() {
        assertThat(RULES.bannedCalls(PLANTED, Ban.IN_MAIN))
                .hasSize(8)
                .anyMatch(line -> line.contains("System.out"))
                .anyMatch(line -> line.contains("System.err"))
                .anyMatch(line -> line.contains("printStackTrace"))
                .anyMatch(line -> line.contains("File.delete"))
                .anyMatch(line -> line.contains("Thread.sleep"))
                .anyMatch(line -> line.contains("disk.Disk") && line.contains("currentTimeMillis"))
                .anyMatch(line -> line.contains("disk.Disk") && line.contains("String.format"))
                .anyMatch(line -> line.contains("layer.Direct") && line.contains("BlockFile"));
        assertThat(RULES.bannedCalls(PLANTED, Ban.EVERYWHERE))
                .hasSize(4)
                .anyMatch(line -> line.contains("java.util.Random"))
                .anyMatch(line -> line.contains("Math.random"))
                .anyMatch(line -> line.contains("getBytes"))
                .anyMatch(line -> line.contains("String.<init>"));
        assertThat(RULES.bannedCalls(PLANTED, Ban.IN_TESTS))
                .hasSize(3)
                .anyMatch(line -> line.contains("Thread.sleep"))
                .anyMatch(line -> line.contains("TimeUnit.sleep"))
                .anyMatch(line -> line.contains("ThreadLocalRandom"));
    }

    @Test
    void shouldLetPeopleBeTalkedToWhereTheyAre() {
        Ban out = Ban.IN_MAIN.get(0);

        assertThat(out.holdsIn("daemon.cli")).isFalse();
        assertThat(out.holdsIn("daemon.clique")).isTrue();
        assertThat(out.holdsIn("daemon.store")).isTrue();
    }

    @Test
    void shouldCatchTestsThatAreNoSentences() {
        assertThat(RULES.testNames(PLANTED)).singleElement().asString().contains("testSomething");
    }

    @Test
    void shouldCatchLongLines() {
        SourceFile file = java("x".repeat(120) + "\n" + "y".repeat(121) + "\n");

        assertThat(SourceRules.longLines(file)).singleElement().asString().contains(":2 has 121");
    }

    @Test
    void shouldCatchLongMethods() {
        String filler = "        int b = '{' + \"}}\".length(); // }\n";
        SourceFile file = java("class A {\n    @B(c = \"(\")\n    void longOne(int a)\n            throws C {\n"
                + filler.repeat(68) + "    }\n    A() {\n" + filler.repeat(68) + "    }\n}\n");

        assertThat(SourceRules.longMethods(file)).singleElement().asString().contains(":3 longOne has 71 lines");
        assertThat(file.methods()).last().isEqualTo(new SourceFile.Method("A", 74, 70));
    }

    @Test
    void shouldFindMethodsAmongOtherBraces() {
        SourceFile file = java("""
                record R(int a) {
                    public R {
                        if (a > (1)) { a = 1; } else { a = 2; }
                    }
                    static int[] t = {1, 2};
                    static { t[0] = '"'; }
                    Runnable r = () -> { t[1] = 0; };
                    Object o = new Object() {
                        /* void hidden() { */
                        public String toString() { return "void hidden() {"; }
                    };
                    <T extends Comparable<T>> T generic(T a, java.util.List<? super T> b) {
                        for (int i = 0; i < 3; i++) { run(() -> { i++; }); }
                        do { switch (i) { case 1 -> { } default -> { } } } while (i > 0);
                        try (var x = open()) { } catch (Exception e) { } finally { }
                        return a;
                    }
                }
                """);

        assertThat(file.methods()).extracting(SourceFile.Method::name).containsExactly("R", "toString", "generic");
        assertThat(file.methods()).extracting(SourceFile.Method::lineCount).containsExactly(3, 1, 6);
    }

    @Test
    void shouldCatchLongFiles() {
        List<Integer> short99 = Collections.nCopies(99, 100);

        assertThat(SourceRules.fileLengths(short99)).isEmpty();
        assertThat(onlyBreach(SourceRules.fileLengths(with(short99, 801)))).contains("longest", "801");
        assertThat(onlyBreach(SourceRules.fileLengths(with(short99.subList(0, 9), 501)))).contains("95th");
        assertThat(onlyBreach(SourceRules.fileLengths(List.of(10, 131, 400)))).contains("median");
    }

    private static String onlyBreach(List<String> breaches) {
        assertThat(breaches).hasSize(1);
        return breaches.get(0);
    }

    private static List<Integer> with(List<Integer> list, int last) {
        return Stream.concat(list.stream(), Stream.of(last)).toList();
    }

    @Test
    void shouldCatchWildcardImports() {
        assertThat(SourceRules.wildcardImports(java("import static a.B.*;\nimport a.C;\n// import a.*;\n")))
                .singleElement().asString().contains(":1");
    }

    @Test
    void shouldCatchLocksInHotRoomsOnly() {
        String code = "class A {\n    synchronized void a() {} // synchronized\n}\n";
        SourceFile hot = new SourceFile(Path.of("io/varve/nbd/session/A.java"), code);
        SourceFile cold = new SourceFile(Path.of("io/varve/daemon/store/A.java"), code);

        assertThat(SourceRules.locksInHotRooms(hot)).hasSize(1);
        assertThat(SourceRules.locksInHotRooms(cold)).isEmpty();
    }

    @Test
    void shouldCatchUnfinishedWork() {
        Stream.of("// TO" + "DO later", "// FIX" + "ME", "@Dis" + "abled", "assume" + "True(x);")
                .forEach(line -> assertThat(SourceRules.unfinishedWork(java(line))).as(line).hasSize(1));
        assertThat(SourceRules.unfinishedWork(java("// all done, TO" + "DOS included"))).isEmpty();
    }

    @Test
    void shouldCatchPathsOfAMachine() {
        Stream.of("work", "home", "root", "farm")
                .forEach(top -> assertThat(SourceRules.machinePaths(java("cd /" + top + "/me"))).as(top).hasSize(1));
        assertThat(SourceRules.machinePaths(java("target/work/x $D/root/y ~/home/z"))).isEmpty();
    }

    @Test
    void shouldCatchMissingOwnership() {
        Stream.of(
                        "/** A thing. */\npublic final class A {}",
                        "public interface A {}",
                        "/** Immutable. */\npackage a;\npublic class A {}",
                        "/** Immutable once.\n *\n * <p>More. */\npublic class A {}",
                        "/** Not in a tag.\n * @param a is immutable\n */\npublic class A {}")
                .forEach(text -> assertThat(SourceRules.missingOwnership(java(text))).as(text).hasSize(1));
        Stream.of(
                        "/** A. Immutable. */\n@B(\"c;\",\n    {2, 3})\npublic final class A {}",
                        "/**\n * A.\n *\n * <p>Owned by the\n * agent.\n */\npublic class A {}",
                        "/** A. Thread-safe because it is. */\npublic interface A {}",
                        "/** A. */\npublic record A() {}",
                        "/** A. */\npublic class AException extends Exception {}")
                .forEach(text -> assertThat(SourceRules.missingOwnership(java(text))).as(text).isEmpty());
    }

    @Test
    void shouldCatchAWrongTopLevel() {
        Set<String> design = Set.of(
                "pom.xml", "README.md", "LICENSE", "daemon", "nbd", "native-shim", "perf", "integration-tests", ".git");

        assertThat(SourceRules.topLevel(design)).isEmpty();
        assertThat(SourceRules.topLevel(Set.of("pom.xml", "docs")))
                .hasSize(8)
                .anyMatch(line -> line.contains("holds docs"))
                .anyMatch(line -> line.contains("lacks README.md"));
    }

    private static SourceFile java(String text) {
        return new SourceFile(Path.of("A.java"), text);
    }
}
