package io.varve.daemon.disk;

import io.varve.daemon.io.BlockSource;
import io.varve.daemon.io.SourceRange;

/**
 * Where consecutive pages of a disk lie. Immutable.
 *
 * @param page      of the disk, the first
 * @param blobIndex of the source in the chain
 * @param bytes     whole pages of the source
 */
record ChainPiece(long page, int blobIndex, BlockSource source, SourceRange bytes) {}
