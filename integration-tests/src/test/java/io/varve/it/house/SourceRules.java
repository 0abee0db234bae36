package io.varve.it.house;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * House rules that need the text of the sources. Each takes what it judges and returns one line per breach, which says
 * where, and what to do instead.
 *
 * <p>Immutable.
 */
final class SourceRules {

    static final int MAX_LINE_COLUMNS = 120;
    static final int MAX_METHOD_LINES = 70;
    static final int MAX_FILE_LINES = 800;
    static final int P95_FILE_LINES = 500;
    static final int MEDIAN_FILE_LINES = 130;

    private static final Set<String> TOP_LEVEL = Set.of(
            "pom.xml", "README.md", "LICENSE", "daemon", "nbd", "native-shim", "perf", "integration-tests");

    private static final Pattern WILDCARD_IMPORT = Pattern.compile("(?m)^import [^;]*\\*;");
    private static final Pattern LOCK = Pattern.compile("\\bsynchronized\\b|\\bReentrantLock\\b");
    /** DiskCore locks where a connection comes and where it goes, once each. */
    private static final Pattern HOT_ROOM =
            Pattern.compile("io/varve/(nbd/(wire|session)|daemon/(disk|extent))/(?!DiskCore.java)");
    /** Spelled so that this file does not break its own rule. */
    private static final Pattern UNFINISHED =
            Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b|@Dis" + "abled|\\bassume" + "True\\b");
    private static final Pattern MACHINE_PATH = Pattern.compile("(?<![\\w.$}~])/(work|farm|home|root|Users)/[A-Za-z]");
    private static final Pattern PUBLIC_TYPE = Pattern.compile(
            "(?m)^public (?:(?:final|abstract|sealed|non-sealed) )*(?:class|interface) (\\w+)");
    /** Behind it only annotations, which hold no semicolon outside of strings. */
    private static final Pattern JAVADOC_ABOVE =
            Pattern.compile("/\\*\\*((?:(?!\\*/).)*)\\*/(?:(?!\\*/).)*$", Pattern.DOTALL);
    private static final Pattern OWNERSHIP =
            Pattern.compile("\\b(immutable\\b|owned by|thread-safe because)", Pattern.CASE_INSENSITIVE);

    private SourceRules() {}

    static List<String> longLines(SourceFile file) {
        List<String> breaches = new ArrayList<>();
        int number = 0;
        for (String line : file.text().lines().toList()) {
            number++;
            if (line.length() > MAX_LINE_COLUMNS) {
                breaches.add(file.path() + ":" + number + " has " + line.length() + " columns, the house has "
                        + MAX_LINE_COLUMNS + ": break the line");
            }
        }
        return breaches;
    }

    static List<String> longMethods(SourceFile file) {
        return file.methods().stream()
                .filter(method -> method.lineCount() > MAX_METHOD_LINES)
                .map(method -> file.path() + ":" + method.firstLine() + " " + method.name() + " has "
                        + method.lineCount() + " lines, at most " + MAX_METHOD_LINES + ": give its phases names")
                .toList();
    }

    static List<String> wildcardImports(SourceFile file) {
        return matches(file, file.code(), WILDCARD_IMPORT, "name each class");
    }

    static List<String> locksInHotRooms(SourceFile file) {
        if (!HOT_ROOM.matcher(file.path().toString()).find()) {
            return List.of();
        }
        return matches(file, file.code(), LOCK, "hot rooms take no lock: hand over through a queue of the owner");
    }

    static List<String> unfinishedWork(SourceFile file) {
        return matches(file, file.text(), UNFINISHED, "finish it or take it out");
    }

    static List<String> machinePaths(SourceFile file) {
        return matches(file, file.text(), MACHINE_PATH, "a path of one machine: derive it, or take it as an argument");
    }

    /** Exceptions, records, enums and annotations say by what they are who may touch them. */
    static List<String> missingOwnership(SourceFile file) {
        Matcher type = PUBLIC_TYPE.matcher(file.text());
        if (!type.find() || type.group(1).endsWith("Exception")) {
            return List.of();
        }
        Matcher javadoc = JAVADOC_ABOVE.matcher(file.text().substring(0, type.start()));
        if (javadoc.find()
                && file.code().substring(javadoc.end(1), type.start()).indexOf(';') < 0
                && OWNERSHIP.matcher(lastParagraph(javadoc.group(1))).find()) {
            return List.of();
        }
        return List.of(file.path() + " the Javadoc of " + type.group(1)
                + " does not end with 'Immutable.', 'Owned by the X agent.' or 'Thread-safe because ...'");
    }

    private static String lastParagraph(String javadoc) {
        String plain = javadoc.replaceAll("(?m)^\\s*\\* ?", "");
        String prose = plain.replaceAll("(?s)(^|\n)@\\w.*", "").replaceAll("\\s+", " ");
        return prose.substring(prose.lastIndexOf("<p>") + 1);
    }

    /** @param lineCounts of all main sources */
    static List<String> fileLengths(List<Integer> lineCounts) {
        List<Integer> sorted = lineCounts.stream().sorted().toList();
        List<String> breaches = new ArrayList<>();
        bound(breaches, "longest file", sorted.get(sorted.size() - 1), MAX_FILE_LINES);
        int p95 = sorted.get((int) Math.ceil(sorted.size() * 0.95) - 1);
        bound(breaches, "95th percentile of files", p95, P95_FILE_LINES);
        bound(breaches, "median file", sorted.get((sorted.size() - 1) / 2), MEDIAN_FILE_LINES);
        return breaches;
    }

    private static void bound(List<String> breaches, String what, int lines, int limit) {
        if (lines > limit) {
            breaches.add("the " + what + " has " + lines + " lines, at most " + limit + ": split by phase");
        }
    }

    /** @param names of everything in the top directory; dot-files and the build's own directory are free */
    static List<String> topLevel(Set<String> names) {
        Set<String> extra = new TreeSet<>(names);
        extra.removeAll(TOP_LEVEL);
        extra.removeIf(name -> name.startsWith(".") || name.equals("target"));
        Set<String> missing = new TreeSet<>(TOP_LEVEL);
        missing.removeAll(names);
        List<String> breaches = new ArrayList<>();
        extra.forEach(name -> breaches.add("the top level holds " + name + ": the design has no place for it there"));
        missing.forEach(name -> breaches.add("the top level lacks " + name));
        return breaches;
    }

    /** @param rule one of the rules above */
    static List<String> across(List<SourceFile> files, Function<SourceFile, List<String>> rule) {
        return files.stream().flatMap(file -> rule.apply(file).stream()).toList();
    }

    static boolean isMainJava(Path file) {
        return file.toString().contains("/src/main/java/") && file.toString().endsWith(".java");
    }

    static boolean isJava(Path file) {
        return file.toString().endsWith(".java");
    }

    private static List<String> matches(SourceFile file, String text, Pattern pattern, String advice) {
        return pattern.matcher(text).results()
                .map((MatchResult match) -> file.path() + ":" + file.lineOf(match.start()) + " has '" + match.group()
                        + "': " + advice)
                .toList();
    }
}
