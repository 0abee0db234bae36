/** Raw images. */
package io.varve.daemon.format.raw;
