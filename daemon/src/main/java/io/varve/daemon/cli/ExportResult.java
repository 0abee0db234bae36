package io.varve.daemon.cli;

/**
 * What an export has made.
 *
 * <p>Immutable.
 *
 * @param sourceSize   bytes of the disk in the store
 * @param size         bytes of the disk in the file: the same, or rounded up to what the format can have
 * @param writtenBytes of data, without what the format puts around it
 * @param fileLength   bytes of the file, holes included
 * @param parentKnown  whether the store knew the parent, so that only what differs was looked at
 */
public record ExportResult(
        long sourceSize, long size, long writtenBytes, long fileLength, boolean parentKnown) {}
