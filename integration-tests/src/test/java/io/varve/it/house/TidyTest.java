package io.varve.it.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.varve.it.tool.Repository;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The house rules, over the whole repository. That each of them can fail is shown by {@link TidyRulesTest}. */
class TidyTest {

    private static final List<String> MODULES = List.of("nbd", "native-shim", "daemon", "perf", "integration-tests");
    private static final ArchRules RULES = new ArchRules("io.varve");

    private static JavaClasses mainClasses;
    private static JavaClasses testClasses;
    private static List<SourceFile> javaFiles;
    private static List<SourceFile> mainFiles;

    @BeforeAll
    static void readTheHouse() {
        mainClasses = classes("target/classes");
        testClasses = classes("target/test-classes");
        javaFiles = Repository.files().stream().filter(SourceRules::isJava).map(SourceFile::read).toList();
        mainFiles = javaFiles.stream().filter(file -> SourceRules.isMainJava(file.path())).toList();
    }

    private static JavaClasses classes(String directory) {
        List<Path> roots = MODULES.stream()
                .map(module -> Repository.ROOT.resolve(module).resolve(directory))
                .filter(Files::isDirectory)
                .toList();
        return new ClassFileImporter()
                // What is not ours is nobody's to tidy: of picocli, the daemon compiles the sources.
                .withImportOption(location -> !location.contains("/planted/") && !location.contains("jmh_generated")
                        && !location.contains("/classes/picocli/"))
                .importPaths(roots);
    }

    @Test
    void shouldSeeEveryModule() {
        Stream.of("nbd.wire.NbdProtocol", "shim.Errno", "daemon.io.Pages")
                .forEach(name -> assertThat(mainClasses.contain("io.varve." + name)).as(name).isTrue());
        assertThat(testClasses.contain(TidyTest.class)).isTrue();
        assertThat(mainFiles).hasSizeGreaterThan(50);
    }

    @Test
    void shouldImportLowerRanksOnly() {
        assertThat(RULES.ranks(mainClasses)).isEmpty();
    }

    @Test
    void shouldKeepModulesApart() {
        assertThat(RULES.modules(mainClasses)).isEmpty();
    }

    @Test
    void shouldHaveNoNativeCallWithSixIntegers() {
        assertThat(RULES.sixIntegerCalls(mainClasses)).isEmpty();
    }

    @Test
    void shouldKeepArgumentListsReadable() {
        assertThat(RULES.constructorArguments(mainClasses)).isEmpty();
        assertThat(RULES.adjacentBooleans(mainClasses)).isEmpty();
    }

    @Test
    void shouldNotUseBannedCalls() {
        assertThat(RULES.bannedCalls(mainClasses, Ban.IN_MAIN)).isEmpty();
        assertThat(RULES.bannedCalls(mainClasses, Ban.EVERYWHERE)).isEmpty();
        assertThat(RULES.bannedCalls(testClasses, Ban.EVERYWHERE)).isEmpty();
        assertThat(RULES.bannedCalls(testClasses, Ban.IN_TESTS)).isEmpty();
    }

    @Test
    void shouldNameTestsAsSentences() {
        assertThat(RULES.testNames(testClasses)).isEmpty();
    }

    @Test
    void shouldKeepFilesShort() {
        assertThat(SourceRules.fileLengths(mainFiles.stream()
                        .filter(file -> !file.path().endsWith("package-info.java"))
                        .map(SourceFile::lineCount)
                        .toList()))
                .isEmpty();
    }

    @Test
    void shouldKeepMethodsShort() {
        assertThat(SourceRules.across(javaFiles, SourceRules::longMethods)).isEmpty();
    }

    @Test
    void shouldKeepLinesShort() {
        assertThat(SourceRules.across(javaFiles, SourceRules::longLines)).isEmpty();
    }

    @Test
    void shouldImportByName() {
        assertThat(SourceRules.across(javaFiles, SourceRules::wildcardImports)).isEmpty();
    }

    @Test
    void shouldTakeNoLockOnTheHotPath() {
        assertThat(SourceRules.across(mainFiles, SourceRules::locksInHotRooms)).isEmpty();
    }

    @Test
    void shouldSayWhoOwnsEachClass() {
        assertThat(SourceRules.across(mainFiles, SourceRules::missingOwnership)).isEmpty();
    }

    @Test
    void shouldLeaveNothingUnfinished() {
        assertThat(SourceRules.across(textFiles(), SourceRules::unfinishedWork)).isEmpty();
    }

    @Test
    void shouldKnowNoPathOfAnyMachine() {
        assertThat(SourceRules.across(textFiles(), SourceRules::machinePaths)).isEmpty();
    }

    @Test
    void shouldHaveTheTopLevelOfTheDesign() throws IOException {
        try (Stream<Path> entries = Files.list(Repository.ROOT)) {
            Set<String> names = entries.map(entry -> entry.getFileName().toString()).collect(Collectors.toSet());
            assertThat(SourceRules.topLevel(names)).isEmpty();
        }
    }

    private static List<SourceFile> textFiles() {
        List<SourceFile> files = new ArrayList<>();
        for (Path path : Repository.files()) {
            try {
                files.add(new SourceFile(path, Files.readString(path)));
            } catch (MalformedInputException e) {
                continue; // a binary fixture
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
        return files;
    }
}
