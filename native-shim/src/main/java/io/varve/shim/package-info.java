/** What every native call of ours shares: errno values, the exception that carries them, and whether they work here. */
package io.varve.shim;
