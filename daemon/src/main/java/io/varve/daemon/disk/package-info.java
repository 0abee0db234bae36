/** An open export: the run loop over overlay state and extent map, and the border where causes become NBD errors. */
package io.varve.daemon.disk;
