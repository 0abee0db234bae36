/**
 * Files by descriptor: reads that do not wait, writes, durability, holes, hints, locks.
 *
 * <p>Design note: static calls on numbers, without an object per file, because who owns a descriptor decides how it is
 * checked and when it is closed; here is only what the kernel does.
 */
package io.varve.shim.file;
