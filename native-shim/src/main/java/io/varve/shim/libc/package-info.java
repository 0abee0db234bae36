/**
 * Bindings to the C library and the constants and memory that its calls take; nothing here is seen outside the module.
 *
 * <p>Design note: pointers and sizes are {@code long} and never objects of jnr-ffi, because a call with integers alone
 * gets a generated stub that costs what a native call costs, and allocates nothing.
 *
 * <p>Design note: never a method with exactly six integer arguments, because jnr-ffi's x86-64 stub passes garbage as
 * the sixth (jnr-ffi issue 181). Pass a struct by address, or use jffi's {@code Invoker.invokeL6}. A test holds every
 * binding to that.
 *
 * <p>Design note: a constant names the header it was read from, because jnr-constants knows none of the newer ones.
 */
package io.varve.shim.libc;
