package io.varve.daemon.format.vhd;

import java.util.UUID;

/**
 * What a new differencing disk says about its parent.
 *
 * <p>Immutable.
 *
 * @param id           of the parent's footer
 * @param time         when the parent's file was last written to, seconds since the epoch of Unix
 * @param relativePath from the directory of the new file, with slashes: {@code ../golden/base.vhd}
 * @param absolutePath with slashes; 1 to 4096 characters, as the relative one
 */
public record VhdParent(UUID id, long time, String relativePath, String absolutePath) {

    private static final int MAX_LENGTH = 4096;

    public VhdParent {
        check(relativePath);
        check(absolutePath);
    }

    /** A backslash in a name would come back as a slash; a NUL would end the path. */
    private static void check(String path) {
        if (path.isEmpty() || path.length() > MAX_LENGTH || path.indexOf('\\') >= 0 || path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("the path to a parent should have 1 to " + MAX_LENGTH
                    + " characters, and no backslash: " + path);
        }
    }

    /** As Windows writes it. */
    String windowsRelative() {
        String path = relativePath.startsWith("./") || relativePath.startsWith("../")
                ? relativePath
                : "./" + relativePath;
        return path.replace('/', '\\');
    }

    String windowsAbsolute() {
        return absolutePath.replace('/', '\\');
    }

    String fileName() {
        return absolutePath.substring(absolutePath.lastIndexOf('/') + 1);
    }
}
