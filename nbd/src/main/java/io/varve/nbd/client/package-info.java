/**
 * A small blocking client on the same wire classes, for upstream origins, the demo and tests. It opens no socket: the
 * caller brings channels.
 *
 * <pre>
 *   NbdHandshake -- go() --> NbdClient -- submit() --> ReplyReceiver -- await() --> Completion
 *     OptionExchange                                     StructuredReply: ReadContent | StatusContent
 * </pre>
 *
 * <p>It speaks all three styles of messages; {@code ClientOptions.extended} asks for extended headers, and takes what
 * comes next to them if a server has none.
 *
 * <p>Design note: every rule that a server can break is checked, even where a lenient client would do, because the
 * client is the yardstick of our own server's tests, and an origin that breaks rules may as well send wrong data.
 *
 * <p>Design note: what was received decides nothing about memory: each length is compared with what was asked for, or
 * with a limit, before anything is allocated.
 */
package io.varve.nbd.client;
