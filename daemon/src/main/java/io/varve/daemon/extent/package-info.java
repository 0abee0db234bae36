/**
 * The flattened view of a chain: page range to (blob, page), or zero, or absent. Immutable, shared by all clients of
 * a chain, pure: no I/O.
 */
package io.varve.daemon.extent;
