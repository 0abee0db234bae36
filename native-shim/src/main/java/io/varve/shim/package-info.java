/**
 * What every native call of ours shares: errno values, the exception that carries them, memory to hand over, and
 * whether native calls work here at all.
 */
package io.varve.shim;
