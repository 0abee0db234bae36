package io.varve.it.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One Java file, read twice: as written, and as {@link #code()}, where comments and the insides of literals are blank,
 * so that a brace or a word in them counts for nothing.
 *
 * <p>Immutable.
 */
final class SourceFile {

    /** Comments, text blocks, strings, characters: whichever starts first hides the others. */
    private static final Pattern HIDDEN = Pattern.compile(
            "/\\*.*?\\*/" + "|//[^\n]*" + "|\"\"\".*?(?<!\\\\)\"\"\"" + "|\"(?:\\\\.|[^\"\\\\\n])*\""
                    + "|'(?:\\\\.|[^'\\\\\n])+'",
            Pattern.DOTALL);

    private static final Pattern ANNOTATION = Pattern.compile("@[\\w.]+\\s*(\\([^()]*(\\([^()]*\\)[^()]*)*\\))?");
    private static final Pattern METHOD = Pattern.compile("(\\w+)\\s*\\([^;{}]*\\)\\s*(throws [\\w.,\\s<>]+)?$");
    private static final Pattern COMPACT_CONSTRUCTOR = Pattern.compile("(?:public|private|protected)\\s+(\\w+)$");
    private static final Set<String> NOT_METHODS =
            Set.of("if", "for", "while", "switch", "catch", "try", "synchronized", "else", "do", "return");
    private static final Pattern TYPE_OR_EXPRESSION = Pattern.compile("\\b(new|record|class|enum|interface)\\b|->|=");

    private final Path path;
    private final String text;
    private final String code;

    SourceFile(Path path, String text) {
        this.path = path;
        this.text = text;
        this.code = blank(text);
    }

    static SourceFile read(Path path) {
        try {
            return new SourceFile(path, Files.readString(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path path() {
        return path;
    }

    String text() {
        return text;
    }

    /** As long as the text, line for line. */
    String code() {
        return code;
    }

    int lineCount() {
        return (int) text.lines().count();
    }

    /** A method or constructor with a body; {@code lineCount} runs from its name to its closing brace. */
    record Method(String name, int firstLine, int lineCount) {}

    private record Scope(int headerStart, int parentheses, Method opened) {}

    List<Method> methods() {
        List<Method> methods = new ArrayList<>();
        Deque<Scope> scopes = new ArrayDeque<>();
        int headerStart = 0;
        int parentheses = 0;
        for (int i = 0; i < code.length(); i++) {
            switch (code.charAt(i)) {
                case '(' -> parentheses++;
                case ')' -> parentheses--;
                case ';' -> headerStart = parentheses == 0 ? i + 1 : headerStart;
                case '{' -> {
                    scopes.push(new Scope(headerStart, parentheses, methodWithHeader(headerStart, i)));
                    headerStart = i + 1;
                    parentheses = 0;
                }
                case '}' -> {
                    Scope scope = scopes.pop();
                    parentheses = scope.parentheses;
                    headerStart = parentheses == 0 ? i + 1 : scope.headerStart;
                    if (scope.opened != null) {
                        int lineCount = lineOf(i) - scope.opened.firstLine + 1;
                        methods.add(new Method(scope.opened.name, scope.opened.firstLine, lineCount));
                    }
                }
                default -> { }
            }
        }
        return methods;
    }

    private Method methodWithHeader(int start, int end) {
        String header = blankMatches(ANNOTATION, code.substring(start, end)).stripTrailing();
        if (TYPE_OR_EXPRESSION.matcher(header).find()) {
            return null;
        }
        for (Pattern pattern : List.of(METHOD, COMPACT_CONSTRUCTOR)) {
            Matcher matcher = pattern.matcher(header);
            if (matcher.find()) {
                String name = matcher.group(1);
                return NOT_METHODS.contains(name) ? null : new Method(name, lineOf(start + matcher.start(1)), 0);
            }
        }
        return null;
    }

    int lineOf(int index) {
        return (int) text.substring(0, index).chars().filter(c -> c == '\n').count() + 1;
    }

    private static String blankMatches(Pattern pattern, String text) {
        return pattern.matcher(text).replaceAll(match -> blanks(match.group()));
    }

    private static String blanks(String text) {
        return text.replaceAll("[^\n]", " ");
    }

    private static String blank(String text) {
        return blankMatches(HIDDEN, text);
    }
}
