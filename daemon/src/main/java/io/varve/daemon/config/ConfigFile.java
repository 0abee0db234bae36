package io.varve.daemon.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tomlj.Toml;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;

/** Reads configuration files. Immutable. */
public final class ConfigFile {

    /** Bytes. */
    static final int MAX_LENGTH = 256 << 10;
    /** Characters of one line. */
    static final int MAX_LINE_LENGTH = 4096;
    /** Brackets that are open at once. */
    static final int MAX_DEPTH = 64;

    private static final Path USERS = Path.of("/etc/passwd");

    private ConfigFile() {}

    /**
     * @throws ConfigException with all mistakes of the file
     * @throws IOException     if it cannot be read
     */
    public static Config read(Path file) throws IOException {
        byte[] content;
        try (InputStream in = Files.newInputStream(file)) {
            content = in.readNBytes(MAX_LENGTH + 1);
        }
        Path directory = file.toAbsolutePath().getParent();
        return parse(content, file.toString(), directory, UserTable.read(USERS));
    }

    /** @param name of the file, for mistakes */
    static Config parse(byte[] content, String name, Path directory, UserTable users) throws ConfigException {
        if (content.length > MAX_LENGTH) {
            throw new ConfigException(List.of(name + ": too long, " + MAX_LENGTH + " bytes are allowed"));
        }
        Mistakes mistakes = new Mistakes(name);
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
        } catch (CharacterCodingException e) {
            throw new ConfigException(List.of(name + ": not UTF-8, save it as UTF-8 text"));
        }
        checkShape(text, mistakes);
        if (!mistakes.isEmpty()) {
            // The parser would recurse as deep as the text goes.
            throw new ConfigException(mistakes.lines());
        }
        TomlParseResult parsed = Toml.parse(text);
        for (TomlParseError error : parsed.errors()) {
            mistakes.addUnreadable(error.position().line(), error.position().column(), error.getMessage());
        }
        Config config = new ConfigReader(directory, users, mistakes).read(parsed);
        if (!mistakes.isEmpty()) {
            throw new ConfigException(mistakes.lines());
        }
        return config;
    }

    /**
     * Bounds what the parser has to remember. Quotes and comments are told apart line by line, so that a text of
     * several lines may be taken for brackets; nobody has that many in one.
     */
    private static void checkShape(String text, Mistakes mistakes) {
        int lineNumber = 0;
        int depth = 0;
        for (String line : text.split("\n", -1)) {
            lineNumber++;
            if (line.length() > MAX_LINE_LENGTH) {
                mistakes.addUnreadable(lineNumber, MAX_LINE_LENGTH + 1,
                        "the line is too long, " + MAX_LINE_LENGTH + " characters are allowed");
            }
            char quote = 0;
            for (int i = 0; i < line.length() && (quote != 0 || line.charAt(i) != '#'); i++) {
                char c = line.charAt(i);
                if (quote != 0) {
                    quote = c == quote ? 0 : quote;
                    i += c == '\\' && quote == '"' ? 1 : 0;
                } else if (c == '"' || c == '\'') {
                    quote = c;
                } else {
                    depth = Math.max(0, depth + (c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0));
                    if (depth > MAX_DEPTH) {
                        mistakes.addUnreadable(lineNumber, i + 1,
                                "nested too deep, " + MAX_DEPTH + " levels are allowed");
                        return;
                    }
                }
            }
        }
    }
}
