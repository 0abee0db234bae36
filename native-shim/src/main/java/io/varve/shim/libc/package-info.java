/** jnr-ffi interfaces to libc and constants with the header they come from; nothing here is seen outside the module. */
package io.varve.shim.libc;
