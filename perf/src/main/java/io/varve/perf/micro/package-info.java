/**
 * Micro benchmarks (JMH) of single rooms: what a lookup, a batch of requests and a commit cost alone.
 *
 * <p>{@code perf/bin/micro} runs them all, or those whose name matches its argument; JMH's own options follow. The
 * allocation profiler is on: a hot room shows {@code gc.alloc.rate.norm} near zero.
 *
 * <p>Design note: they say which part of a request got slower, not whether the product is fast; for that there is
 * {@link io.varve.perf.macro}.
 */
package io.varve.perf.micro;
