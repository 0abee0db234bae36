package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What INFO, GO or EXPORT_NAME said about an export.
 *
 * @param flags          of transmission
 * @param minimumBlock   1 if nothing was said
 * @param preferredBlock 4096 if nothing was said
 * @param maximumPayload 32 MiB if nothing was said
 * @param replies        all of them, as text, sorted
 *
 * <p>Immutable.
 */
record ExportFacts(
        long size, int flags, long minimumBlock, long preferredBlock, long maximumPayload, Set<String> replies) {

    static ExportFacts old(long size, int flags) {
        return new ExportFacts(size, flags, 1, 4096, Nbd.TOLERATED_PAYLOAD, Set.of());
    }

    /** @param replies a successful answer to INFO or GO */
    static ExportFacts of(List<OptionReply> replies) {
        ByteBuffer export = info(replies, Nbd.INFO_EXPORT);
        assertThat(export).as("INFO_EXPORT among " + replies).isNotNull();
        ByteBuffer blocks = info(replies, Nbd.INFO_BLOCK_SIZE);
        long size = export.getLong();
        return new ExportFacts(
                size,
                export.getShort() & 0xffff,
                blocks == null ? 1 : Integer.toUnsignedLong(blocks.getInt()),
                blocks == null ? 4096 : Integer.toUnsignedLong(blocks.getInt()),
                blocks == null ? Nbd.TOLERATED_PAYLOAD : Integer.toUnsignedLong(blocks.getInt()),
                replies.stream().map(OptionReply::toString).collect(Collectors.toCollection(TreeSet::new)));
    }

    /** Behind its type; null if it is not there. */
    static ByteBuffer info(List<OptionReply> replies, int type) {
        return replies.stream()
                .filter(reply -> reply.type() == Nbd.INFO && reply.infoType() == type)
                .map(reply -> Bytes.view(reply.data()).position(2).slice())
                .findFirst()
                .orElse(null);
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
