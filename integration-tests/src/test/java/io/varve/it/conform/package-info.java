/**
 * The rules of NBD, as far as they can be seen from outside. Each test bears the number of its rule, as in
 * {@code @Rule(14)}; the numbers follow proto.md from the greeting to concurrency, section by section, one file for
 * each. The suite has its own client, strict about every byte, and shares no code with the server: what it finds is
 * the server's.
 *
 * <p>In the test command it runs against Varve over a unix socket and over TCP. With
 * {@code integration-tests/bin/test -Dvarve.conform.target=nbdkit} (or {@code qemu-nbd}) and the tests chosen by
 * {@code -Dit.test='io.varve.it.conform.*IT'} it runs against a peer, to show that the suite asks for nothing but the
 * protocol. Where peers break a rule is listed in {@link io.varve.it.conform.Deviation}; the suite fails when an entry
 * there is no longer true, or one is missing.
 *
 * <p>Rules without a test:
 * <ul>
 *   <li>7: whether segments wait for each other (TCP_NODELAY) shows in time alone, and no test asserts a time.
 *   <li>21: from outside nobody can tell on which side of the beginning of a shutdown an option arrived.
 *   <li>161: the same for requests; FlushIT and the tests of the serve package stop a daemon with clients.
 *   <li>48: needs a server that demands TLS.
 *   <li>49: needs a server with TLS.
 *   <li>50: needs a server with TLS.
 *   <li>51: needs a server with TLS.
 *   <li>52: needs a server with TLS.
 *   <li>53: needs a server with TLS for some exports; Varve decides for a listener, not for an export.
 *   <li>54: needs a server with TLS.
 * </ul>
 * That an acknowledged write survives a crash (rules 111 and 137) is shown by KillIT and the power cuts; here flushes
 * and FUA only have to be accepted.
 */
package io.varve.it.conform;
