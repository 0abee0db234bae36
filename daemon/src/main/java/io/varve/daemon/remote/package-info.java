/**
 * Disks that lie on other machines, read when a client needs them.
 *
 * <pre>
 *   RemoteSource (BlockSource) --ready?--> cache.ChunkCache --> BlockFile      answered at once
 *        |  one flight for each chunk, however many wait
 *        v
 *   Mirrors (Origin)  retries within a budget, fails over, asks a second mirror when the first is slow
 *        +--> HttpOrigin   GET with a range, or several: 206, the very ranges, the same entity tag, or it is an error
 *        +--> NbdOrigin    connections to any NBD server, with many requests under way
 * </pre>
 *
 * <p>Design note: an origin asks once, and says of a failure in one word what asking again would do ({@link
 * io.varve.daemon.remote.OriginException.Kind}); who asks again, whom and when is decided in one place, {@link
 * io.varve.daemon.remote.Mirrors}. So a guest whose own timeout is half a minute gets its answer, or its error, within
 * twenty seconds, and a server in trouble is not asked more often than a healthy one.
 *
 * <p>Design note: every wait has an end of its own, measured over the whole of an answer and not from byte to byte,
 * because a server that drips is as bad as one that is silent.
 *
 * <p>Design note: a fetch is led by the thread that found the chunk missing, and others that want it wait for that one,
 * because a fetch must not need a free worker to come to its end. Its bytes go to all of them out of one buffer, so
 * that a cache that is full, or off, costs nobody a second fetch.
 *
 * <p>Design note: who reads ahead asks for much at a time and may be slow, or fail, and a client must not suffer from
 * it: it waits for such a fetch a while, which from then on counts as its own, and then asks for its chunk itself.
 *
 * <p>Design note: reading ahead asks for all missing chunks of a step together ({@link
 * io.varve.daemon.remote.AheadPlan}), in one request where the server takes many ranges. nginx does (as many as {@code
 * max_ranges} says, without limit if it says nothing; with {@code max_ranges 1} it sends the whole disk with a 200),
 * and so do Apache httpd (up to 200, {@code AP_DEFAULT_MAX_RANGES} in its byterange_filter.c) and Caddy; the stores of
 * cloud providers, Amazon S3 among them, serve one range for each request. RFC 9110, 14.2, lets a server ignore the
 * header in any case, so that every answer but the right one makes us ask range by range. NBD has no request for
 * several ranges: there, small gaps are fetched too, within a tenth more than is wanted, so that there are fewer.
 *
 * <p>Design note: what came of a large fetch is there at once for who waits for it, part by part; bytes of a part that
 * was not as long as it said never count.
 *
 * <h2>Manifest, format version 1</h2>
 * Who publishes a disk may say what is on it; then it does not matter how far its servers, and the way to them, can be
 * trusted. One file, numbers little-endian:
 * <pre>
 *      0  header, 512 bytes, drawn in ManifestHeader
 *    512  SHA-256 of each chunk of the disk, 32 bytes each; the last chunk ends where the disk does
 *   then  SHA-256 of all of that: the id of the manifest
 * </pre>
 * Its chunks have the size of those of the cache, {@link io.varve.daemon.cache.Chunks#CHUNK_SIZE}; others are refused.
 * Its length is what the size of the disk demands, and that is the size of the disk that it comes with, or it is
 * refused before more than the header is read. All of it is checked when it is brought into the store; of a digest that
 * is damaged later nothing worse comes than that its chunk is taken for a wrong one.
 *
 * <p>Design note: the check is made of the answer of each mirror, before it counts as one ({@link
 * io.varve.daemon.remote.ContentCheck}), so that a mirror that sends other bytes costs a request and nothing else.
 * Such a mirror rests, and is tried again: what it sends is checked each time. A lone one does not rest.
 *
 * <p>Invariant: no byte reaches a client, or the cache, before its chunk has come whole and its digest is the one that
 * was noted, if one was.
 */
package io.varve.daemon.remote;
