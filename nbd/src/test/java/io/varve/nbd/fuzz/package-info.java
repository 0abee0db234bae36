/**
 * Fuzzing: any client, judged by the protocol and not by our code.
 *
 * <pre>
 *   input ──> Script ──> what the client says, in which pieces, what it takes, when the disk answers
 *                │                                  │
 *                v                                  v
 *   HandshakeRun around Negotiator       TransmissionRun around Session, OracleDisk behind it
 *                │                                  │
 *                v                                  v
 *   HandshakeOracle, OptionReplies       ReplyOracle, ChunkOracle: every byte that the server says
 * </pre>
 *
 * <p>An input is read as a script of a client that is nearly always right, because random bytes end at the first magic;
 * or its bytes are what the client says. The same inputs serve Jazzer, which bends them to reach new code, and seeded
 * random runs, which need no instrumentation and are as fast as the machine.
 *
 * <p>What is judged: each option and request has exactly one whole answer, of a form and with an error that proto.md
 * allows there; data are the disk's; nothing is said to nobody, or after the end; the connection ends only where it may
 * and always where it must; heap and buffers stay in proportion to what the client sent and asked for, and all buffers
 * come back. Hangs are found by counting steps; the long run has a clock besides, for loops that take no step.
 *
 * <p>How to search longer: {@code integration-tests/bin/fuzz}. That the oracles find faults: {@link
 * io.varve.nbd.fuzz.PlantedFaultTest}.
 *
 * <p>Design note: numbers of the protocol are written out in the oracles once more, because an oracle that shares the
 * constants of the server shares its mistakes.
 *
 * <p>Design note: an input that seems to cost too much heap is played twice, because loading a class costs memory too,
 * but only once.
 */
package io.varve.nbd.fuzz;
