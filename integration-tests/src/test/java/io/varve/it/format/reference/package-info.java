/**
 * A second reader of image files, for comparison: the plainest code that can be read beside a specification, and shares
 * nothing with the product. It asks for one sector of 512 bytes at a time, keeps nothing, and looks everything up
 * again.
 *
 * <pre>
 *   Rendering.of(file)  -->  ReferenceImage (child)  --null-->  ReferenceImage (parent)  --null-->  ...  -->  zeros
 * </pre>
 *
 * <p>Read: VHD fixed, dynamic and differencing; VHDX the same, without a log to replay; qcow2 with backing files,
 * without compressed clusters and extended L2 entries; raw. All else ends in an error.
 *
 * <p>The files are sound. Only what tells a wrong file from the right one is checked: signatures, checksums,
 * identifiers.
 */
package io.varve.it.format.reference;
