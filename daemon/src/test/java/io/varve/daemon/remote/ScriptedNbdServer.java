package io.varve.daemon.remote;

import io.varve.nbd.wire.NbdProtocol;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An NBD server on a socket, with simple replies only, that answers each READ as the next line of its script says.
 *
 * <p>Thread-safe because what its threads share are concurrent collections, and fields that are volatile.
 */
final class ScriptedNbdServer extends ScriptedServer {

    /** One reply, byte for byte. */
    interface Answer {
        void write(Read read, DataOutputStream out) throws IOException, InterruptedException;
    }

    /** What was asked. Immutable. */
    record Read(long cookie, long offset, int length) {}

    private static final long OPTION_MAGIC = 0x49484156454F5054L;

    private final BlockingQueue<Answer> script = new LinkedBlockingQueue<>();
    final BlockingQueue<Read> reads = new LinkedBlockingQueue<>();
    final AtomicInteger connectionCount = new AtomicInteger();
    final byte[] content;
    volatile long size;
    volatile int flags = NbdProtocol.TRANSMIT_HAS_FLAGS | NbdProtocol.TRANSMIT_READ_ONLY
            | NbdProtocol.TRANSMIT_CAN_MULTI_CONN;
    /** Minimum, preferred, maximum; empty: the server does not say. */
    volatile int[] blockSizes = {};
    /** To a GO, instead of the export. */
    volatile int refusal;
    /** Whether it takes connections and says nothing. */
    volatile boolean mute;

    ScriptedNbdServer(byte[] content) throws IOException {
        this.content = content;
        this.size = content.length;
        listen();
    }

    String uri() {
        return "nbd://127.0.0.1:" + port() + "/disk";
    }

    ScriptedNbdServer then(Answer answer) {
        script.add(answer);
        return this;
    }

    void right(Read read, DataOutputStream out) throws IOException {
        reply(out, 0, read.cookie);
        out.write(content, (int) read.offset, read.length);
    }

    static void reply(DataOutputStream out, int error, long cookie) throws IOException {
        out.writeInt(NbdProtocol.SIMPLE_REPLY_MAGIC);
        out.writeInt(error);
        out.writeLong(cookie);
    }

    static void stall(Read read, DataOutputStream out) throws IOException, InterruptedException {
        out.flush();
        new LinkedBlockingQueue<>().take();
    }

    @Override
    void serve(Socket socket) throws IOException, InterruptedException {
        connectionCount.incrementAndGet();
        DataInputStream in = new DataInputStream(socket.getInputStream());
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
        if (mute) {
            stall(null, out);
        }
        shakeHands(in, out);
        while (true) {
            in.readInt();
            int command = in.readInt();
            Read read = new Read(in.readLong(), in.readLong(), in.readInt());
            if (command != NbdProtocol.CMD_READ) {
                return;
            }
            // In this order, so that who has seen the request knows the line of the script to be used.
            Answer answer = script.poll();
            reads.add(read);
            (answer == null ? (Answer) this::right : answer).write(read, out);
            out.flush();
        }
    }

    private void shakeHands(DataInputStream in, DataOutputStream out) throws IOException {
        out.writeLong(0x4e42444d41474943L);
        out.writeLong(OPTION_MAGIC);
        out.writeShort(3);
        out.flush();
        in.readInt();
        for (int option = 0; option != NbdProtocol.OPT_GO; ) {
            in.readLong();
            option = in.readInt();
            in.readNBytes(in.readInt());
            if (option == NbdProtocol.OPT_GO && refusal == 0) {
                optionReply(out, option, NbdProtocol.REP_INFO, 12);
                out.writeShort(NbdProtocol.INFO_EXPORT);
                out.writeLong(size);
                out.writeShort(flags);
                if (blockSizes.length > 0) {
                    optionReply(out, option, NbdProtocol.REP_INFO, 14);
                    out.writeShort(NbdProtocol.INFO_BLOCK_SIZE);
                    for (int blockSize : blockSizes) {
                        out.writeInt(blockSize);
                    }
                }
                optionReply(out, option, NbdProtocol.REP_ACK, 0);
            } else {
                optionReply(out, option, option == NbdProtocol.OPT_GO ? refusal : NbdProtocol.REP_ERR_UNSUP, 0);
            }
            out.flush();
        }
    }

    private static void optionReply(DataOutputStream out, int option, int type, int length) throws IOException {
        out.writeLong(0x3e889045565a9L);
        out.writeInt(option);
        out.writeInt(type);
        out.writeInt(length);
    }

    /** The next request, which must come. */
    Read read() throws InterruptedException {
        return next(reads);
    }
}
