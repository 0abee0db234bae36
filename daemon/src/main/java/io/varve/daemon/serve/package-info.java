/** Listeners, the handshake agent and the connection agents: sockets to sessions. Knows exports, never images. */
package io.varve.daemon.serve;
