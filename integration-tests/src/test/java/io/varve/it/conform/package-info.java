/**
 * The rules of NBD, as far as they can be seen from outside. Each test bears the number of its rule, as in
 * {@code @Rule(14)}; the numbers follow proto.md from the greeting to concurrency, section by section, one file for
 * each. The suite has its own client, strict about every byte, and shares no code with the server: what it finds is
 * the server's.
 *
 * <p>A rule is tested over each {@link io.varve.it.conform.Way} that its test names: by default unix sockets, TCP, and
 * TLS with certificates where the server demands it; rules about TLS also with pre-shared keys, and where TLS is only
 * offered. Where a rule is the same for simple, structured and extended replies
 * ({@link io.varve.it.conform.Styles}), it is tested in each of them over unix sockets, and in one of them over the
 * other ways.
 * <pre>
 *   T='-Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=io.varve.it.conform.*IT'
 *   integration-tests/bin/test $T                                     against Varve, as in the whole test command
 *   integration-tests/bin/test $T -Dvarve.conform.full=true           each style over each way
 *   integration-tests/bin/test $T -Dvarve.conform.ways=unix,tls       only these ways
 *   integration-tests/bin/test $T -Dvarve.conform.target=nbdkit       against a peer, each style over each way
 *   integration-tests/bin/test $T -Dvarve.conform.target=qemu-nbd
 * </pre>
 * The peers show that the suite asks for nothing but the protocol. What they do otherwise is listed in
 * {@link io.varve.it.conform.Deviation}; the suite fails when an entry there is no longer true, or one is missing.
 * What they do not have is listed in {@link io.varve.it.conform.Lack}; such tests are skipped, with the reason in the
 * report.
 *
 * <p>Every rule has a test. Some could have a stricter one:
 * <ul>
 *   <li>Rules 111 and 137, that an acknowledged write survives a crash, are shown by KillIT and the power cuts; here
 *       flushes and FUA only have to be accepted.
 *   <li>Rule 53, TLS for some exports: Varve decides for a listener, not for an export; so what is tested is that a
 *       listener that offers TLS never demands it.
 *   <li>Rule 80, a WRITE that does not announce its payload: the rule wants EINVAL, but QEMU as a client sends each
 *       WRITE like this, so Varve takes it, as QEMU's server does.
 *   <li>Rule 82, the end of the connection when a payload is too long: Varve skips up to 4 GiB in every style, and ends
 *       the connection where only extended headers can announce that much.
 * </ul>
 */
package io.varve.it.conform;
