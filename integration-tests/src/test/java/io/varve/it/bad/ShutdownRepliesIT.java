package io.varve.it.bad;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tls.Authority;
import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.Completion;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.wire.NbdProtocol;
import io.varve.nbd.wire.ReplyStyle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a client hears between SIGTERM and the end. A WRITE of which the last bytes come after the signal keeps its
 * connection open, so that requests behind it meet a daemon that stops, for certain.
 */
class ShutdownRepliesIT {

    private static final int ESHUTDOWN = 108;
    private static final int WRITE_COUNT = 8;
    private static final int LENGTH = RawImages.MIB;
    private static final String EXPORT = "disk@last";

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource
    void shouldFinishWhatHasBegunAndRefuseTheRest(ReplyStyle style) throws IOException {
        try (Served served = Served.mixed(directory, 16 * RawImages.MIB, 87)) {
            SocketChannel silent = served.daemon().openSocket();
            Sluice sluice = new Sluice(served.daemon().openSocket());
            ClientOptions options = new ClientOptions(EXPORT, style, List.of());
            try (NbdClient client = NbdClient.connect(sluice.channel, sluice, options);
                    NbdClient witness = NbdClient.connect(silent, ClientOptions.simple(EXPORT))) {
                assertThat(client.replyStyle()).isEqualTo(style);
                List<Long> begun = new ArrayList<>();
                for (int i = 0; i < WRITE_COUNT - 1; i++) {
                    begun.add(client.submitWrite((long) i * LENGTH, content(i), 0));
                }
                // All but its last bytes, which then come in one piece with the requests behind it.
                sluice.passes(LENGTH);
                begun.add(client.submitWrite((WRITE_COUNT - 1L) * LENGTH, content(WRITE_COUNT - 1), 0));
                for (long cookie : begun.subList(0, WRITE_COUNT - 1)) {
                    client.await(cookie).orThrow();
                }
                // One agent serves both, so it has taken what was there of the client when it answers the witness.
                witness.read(0, 512);

                Tool.run("kill", "-TERM", served.daemon().pid());
                // Nothing of the witness is under way, so it is let go at once.
                requireEnd(silent);
                List<Long> late = List.of(
                        client.submit(NbdProtocol.CMD_READ, 0, 0, 4096),
                        client.submitWrite(0, new byte[4096], NbdProtocol.CMD_FLAG_FUA),
                        client.submit(NbdProtocol.CMD_WRITE_ZEROES, 0, 0, LENGTH),
                        client.submit(NbdProtocol.CMD_TRIM, 0, 0, LENGTH),
                        client.submit(NbdProtocol.CMD_FLUSH, 0, 0, 0));
                sluice.opens();

                client.await(begun.get(WRITE_COUNT - 1)).orThrow();
                for (long cookie : late) {
                    Completion refused = client.await(cookie);
                    assertThat(refused.error()).as("%s", refused.request()).isEqualTo(ESHUTDOWN);
                    assertThat(refused.serverMessage())
                            .isEqualTo(style == ReplyStyle.SIMPLE ? "" : "the server is stopping");
                }
                requireEnd(sluice.channel);
            }
            assertThat(served.daemon().awaitEnd()).as("exit code").isZero();

            served.restart();
            try (NbdClient client = served.daemon().connect(EXPORT)) {
                for (int i = 0; i < WRITE_COUNT; i++) {
                    assertThat(client.read((long) i * LENGTH, LENGTH)).as("write %d", i).isEqualTo(content(i));
                }
            }
        }
    }

    /** The signal comes while libnbd has many requests under way over TLS, most of them inside records. */
    @Test
    void shouldKeepWhatWasAnsweredOverTls() {
        Authority authority = new Authority(directory.resolve("authority"));
        Path alice = authority.client("alice");
        Path answered = directory.resolve("answered");
        try (Served served = Served.mixed(directory, 16 * RawImages.MIB, 88, "--tls", "require",
                "--tls-verify-peer", "--tls-certificates", authority.server("server"))) {
            script(served, alice, answered, """
                    pending, failed, pages = {}, 0, iter(range(4096))
                    try:
                        while pending or not done:
                            while len(pending) < 64 and not failed:
                                page = next(pages)
                                data = nbd.Buffer.from_bytearray(bytearray(page.to_bytes(4, 'big') * 1024))
                                pending[page] = h.aio_pwrite(data, page * 4096)
                            h.poll(-1)
                            for page, cookie in list(pending.items()):
                                try:
                                    if h.aio_command_completed(cookie):
                                        done.append(page)
                                        del pending[page]
                                except nbd.Error as e:
                                    assert e.errnum in (errno.ESHUTDOWN, errno.ENOTCONN), e
                                    failed += 1
                                    del pending[page]
                            if len(done) > 100 and not told:
                                told = os.kill(%d, signal.SIGTERM) is None
                    except nbd.Error as e:
                        print('the connection ended:', e)
                    assert told
                    json.dump(done, open(answered, 'w'))
                    print(len(done), 'answered,', failed, 'refused,', len(pending), 'without an answer')
                    """.formatted(served.daemon().pid()));
            assertThat(served.daemon().awaitEnd()).as("exit code").isZero();
            served.restart();
            script(served, alice, answered, """
                    for page in json.load(open(answered)):
                        assert h.pread(4096, page * 4096) == page.to_bytes(4, 'big') * 1024, page
                    """);
        }
    }

    private static void script(Served served, Path certificates, Path answered, String code) {
        String preamble = """
                import errno, json, os, signal
                answered, done, told = '%s', [], False
                h.set_uri_allow_local_file(True)
                h.connect_uri('nbds+unix://localhost/%s?socket=%s&tls-certificates=%s')
                """.formatted(answered, EXPORT, served.daemon().socket(), certificates);
        System.out.print(Tool.run("nbdsh", "-c", preamble + code).out());
    }

    private static byte[] content(int i) {
        byte[] content = new byte[LENGTH];
        Arrays.fill(content, (byte) (i + 1));
        return content;
    }

    private static void requireEnd(SocketChannel channel) throws IOException {
        assertThat(channel.read(ByteBuffer.allocate(1))).as("bytes instead of the end").isEqualTo(-1);
    }

    /** Lets through what a client sends, or holds it back from some byte on. */
    private static final class Sluice implements WritableByteChannel {

        private final SocketChannel channel;
        private final ByteArrayOutputStream held = new ByteArrayOutputStream();
        private long passingLength = Long.MAX_VALUE;

        Sluice(SocketChannel channel) {
            this.channel = channel;
        }

        void passes(long length) {
            passingLength = length;
        }

        void opens() throws IOException {
            passingLength = Long.MAX_VALUE;
            write(ByteBuffer.wrap(held.toByteArray()));
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            int length = bytes.remaining();
            int passing = (int) Math.min(passingLength, length);
            passingLength -= passing;
            for (ByteBuffer part = bytes.slice(bytes.position(), passing); part.hasRemaining();) {
                channel.write(part);
            }
            byte[] rest = new byte[length - passing];
            bytes.position(bytes.position() + passing).get(rest);
            held.writeBytes(rest);
            return length;
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
