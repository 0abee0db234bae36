package io.varve.it.bad;

import io.varve.nbd.client.NbdClient;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Random;

/**
 * Opens a connection, goes some way through the protocol, and drops it.
 *
 * <p>Owned by the thread that uses it.
 */
final class RudeClient {

    private static final int NAMED_CLIENTS = 16;
    private static final int FIXED_NEWSTYLE = 1;
    private static final int GREETING_LENGTH = 18;
    private static final int WRITE_LENGTH = 1 << 20;
    private static final int READ_LENGTH = 256 * 1024;
    private static final int MAX_READS = 8;

    private enum Stage { CONNECTED, GREETED, INSIDE_OPTION, NEGOTIATED, INSIDE_PAYLOAD, REPLIES_OUTSTANDING }

    private final Path socket;
    private final int port;
    private final Random random;

    RudeClient(Path socket, int port, long seed) {
        this.socket = socket;
        this.port = port;
        this.random = new Random(seed);
    }

    void connectAndDrop() throws IOException {
        boolean tcp = random.nextBoolean();
        SocketAddress address = tcp ? new InetSocketAddress("127.0.0.1", port) : UnixDomainSocketAddress.of(socket);
        Stage stage = Stage.values()[random.nextInt(Stage.values().length)];
        try (SocketChannel channel = SocketChannel.open(address)) {
            goTo(stage, channel);
            if (tcp && random.nextBoolean()) {
                // Close sends a reset instead of an end.
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        }
    }

    private void goTo(Stage stage, SocketChannel channel) throws IOException {
        switch (stage) {
            case CONNECTED -> { }
            case GREETED -> greeting(channel);
            case INSIDE_OPTION -> {
                greeting(channel);
                ByteBuffer option = ByteBuffer.allocate(64).putInt(FIXED_NEWSTYLE)
                        .putLong(NbdProtocol.OPTION_MAGIC).putInt(NbdProtocol.OPT_GO).putInt(48);
                channel.write(option.limit(1 + random.nextInt(64)).position(0));
            }
            case NEGOTIATED -> negotiate(channel);
            case INSIDE_PAYLOAD -> {
                negotiate(channel);
                RawRequests.send(channel, NbdProtocol.CMD_WRITE, 0, WRITE_LENGTH);
                channel.write(ByteBuffer.allocate(random.nextInt(100_000)));
            }
            case REPLIES_OUTSTANDING -> {
                negotiate(channel);
                for (int i = 1 + random.nextInt(MAX_READS); i > 0; i--) {
                    RawRequests.send(channel, NbdProtocol.CMD_READ, 0, READ_LENGTH);
                }
            }
        }
    }

    private static void greeting(SocketChannel channel) throws IOException {
        ByteBuffer greeting = ByteBuffer.allocate(GREETING_LENGTH);
        while (greeting.hasRemaining() && channel.read(greeting) >= 0) {
            assert channel.isBlocking() : "or this would spin";
        }
    }

    private void negotiate(SocketChannel channel) throws IOException {
        int number = random.nextInt(2 * NAMED_CLIENTS);
        NbdClient.connect(channel, RawRequests.options(number < NAMED_CLIENTS ? "disk@rude-" + number : "disk"));
    }
}
