/** The catalogue: images, chains, overlays, sequences, and who uses them. */
package io.varve.daemon.store;
