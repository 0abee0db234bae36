package io.varve.daemon.serve;

import io.varve.daemon.serve.tls.SecureChannels;
import io.varve.nbd.negotiate.TlsMode;
import io.varve.shim.socket.Listener;

/**
 * An open listener, and what it needs to encrypt.
 *
 * <p>Owned by the HandshakeAgent, which closes it.
 *
 * @param channels null if {@code tls} is OFF
 */
record Door(Listener listener, TlsMode tls, SecureChannels channels) {}
