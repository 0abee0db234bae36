/**
 * The catalogue: images, chains, overlays, sequences, and who uses them.
 *
 * <h2>Replacements</h2>
 * Layers give way to others of the same content: many to one that was merged of them, a frozen one to the sealed one.
 * Neither manifests of images nor overlays are rewritten for that. One new file makes the change, for all of them at
 * once:
 * <pre>
 *   replaced/FROM.json --&gt; {"format":"varve-replacement","version":1,"from":[LAYER, ...],"to":[LAYER, ...]}
 *                          one field a line; FROM is the SHA-256 of the ids in "from", one behind the other
 * </pre>
 * It says: a chain that begins with the layers {@code from} says the same, about every page of a disk of any size, as
 * one that has the layers {@code to} in their place. Both lists have at most 4096 ids, base first; {@code from} has at
 * least one. A chain is <em>resolved</em> by applying the replacement of its longest prefix, until none applies.
 *
 * <p>The file is written under another name, synced, renamed, and its directory synced, under the catalogue's lock.
 * The layers in {@code to} are durable before, and nobody collects garbage from before they are written until then. So
 * a crash leaves the old layers in force, or the new ones.
 *
 * <p>Design note: the longest prefix first, because a replacement is only made of layers that nothing replaces at that
 * time. Therefore of two that apply, the longer one is the older one, and a new one never changes the way that a chain
 * was resolved before: it only adds a step at the end. Layers that a chain was resolved to once may thus be deleted
 * when it resolves to others. Replacements in the middle of chains would not have that property.
 *
 * <p>Design note: a replacement that would lead any chain in a circle is refused when it is made, for instance one back
 * to layers that were replaced; after a garbage collection the way is free. A circle that is found is damage.
 *
 * <p>Overlays keep the ids that they were made with; an overlay is opened with these, and read over the resolved chain.
 */
package io.varve.daemon.store;
