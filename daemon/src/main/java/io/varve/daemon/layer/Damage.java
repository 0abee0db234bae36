package io.varve.daemon.layer;

/**
 * Bytes of a file that are not what was sealed.
 *
 * <p>Immutable.
 *
 * @param file     path as given to the scrub
 * @param position first bad byte
 * @param length   bytes; 0 if the file is missing
 * @param what     one line
 */
public record Damage(String file, long position, long length, String what) {

    @Override
    public String toString() {
        return file + ": " + (length == 0 ? "" : "bytes " + position + " to " + (position + length - 1) + ": ") + what;
    }
}
