/** Files: reads that do not wait, holes, durability, locks. */
package io.varve.shim.file;
