/** The sealed layer: format, reader, writer. */
package io.varve.daemon.layer;
