package io.varve.daemon.format.vhdx;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * What a new differencing disk says about its parent.
 *
 * <p>Immutable.
 *
 * @param id           DataWriteGuid of the parent
 * @param relativePath from the directory of the new file, with slashes: {@code ../golden/base.vhdx}
 * @param absolutePath with slashes; 1 to 4096 characters, as the relative one
 */
public record VhdxParent(UUID id, String relativePath, String absolutePath) {

    private static final int MAX_LENGTH = 4096;

    public VhdxParent {
        check(relativePath);
        check(absolutePath);
    }

    /** A backslash in a name would come back as a slash. */
    private static void check(String path) {
        if (path.isEmpty() || path.length() > MAX_LENGTH || path.chars().anyMatch(c -> c < ' ' || c == '\\')) {
            throw new IllegalArgumentException("the path to a parent should have 1 to " + MAX_LENGTH
                    + " characters, and no backslash: " + path);
        }
    }

    /** Entries of the locator. */
    Map<String, String> entries() {
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put(ParentLocator.LINKAGE, "{" + id + "}");
        String relative = relativePath.startsWith("./") || relativePath.startsWith("../")
                ? relativePath
                : "./" + relativePath;
        entries.put("relative_path", relative.replace('/', '\\'));
        entries.put("absolute_win32_path", absolutePath.replace('/', '\\'));
        return entries;
    }
}
