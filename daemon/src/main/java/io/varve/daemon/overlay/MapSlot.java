package io.varve.daemon.overlay;

/**
 * Where a checkpoint stands in the history of an overlay.
 *
 * @param seq        larger than that of every record before it
 * @param ownerEpoch who wrote it
 * @param half       the half of the journal that holds the records after it
 * @param prepared0  bytes of the first half that were written with zeros
 * @param prepared1  of the second
 * @param crc        checksum of the header of the slot, with which the chain of records begins
 *
 * <p>Immutable.
 */
record MapSlot(long seq, long ownerEpoch, int half, int prepared0, int prepared1, int crc) {}
