/**
 * How memory and processor time of the daemon grow: with connections, images, bytes of an image, and layers.
 *
 * <pre>
 *   Scale          the command: options, parts, reports
 *   Part           lets one number grow: ConnectionsPart, ImagesPart, SizePart, LayersPart -> Sweep
 *   ServedStore    a store that the product's own writers fill, and the daemon that serves it
 *   Crowd          NBD clients that stay; Probe: processor time, and with Footprint the memory, of the daemon
 *   Sweep          figures (Measure) at each step; Growth: how one of them grows
 *   Bars           what figures should be at most; ScaleText, ScaleJson, ScalePage (with LogChart, Explanations)
 * </pre>
 *
 * <p>A figure passes if it grows no faster than linearly: what is above the first step may grow with each step by as
 * much as the number does, within noise. That holds for each figure of each sweep; on top of it, {@link
 * io.varve.perf.scale.Bars} has a bar for what one more of something may cost. Why each curve has the slope that it
 * has: {@link io.varve.perf.scale.Explanations}.
 *
 * <p>Design note: memory is counted after a full collection and without the free part of the heap, because how
 * much garbage there is at a moment says when the last collection was, not what the daemon needs.
 *
 * <p>Design note: the JVM tracks its native memory meanwhile, which costs some processor time and 16 bytes for each
 * block; both are in the figures.
 *
 * <p>Design note: no merging of chains and no scrub run meanwhile: they go at a rate of their own.
 */
package io.varve.perf.scale;
