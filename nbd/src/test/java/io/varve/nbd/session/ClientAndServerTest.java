package io.varve.nbd.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.nbd.client.ClientOptions;
import io.varve.nbd.client.Completion;
import io.varve.nbd.client.NbdClient;
import io.varve.nbd.client.NbdException;
import io.varve.nbd.client.NbdHandshake;
import io.varve.nbd.client.NegotiationException;
import io.varve.nbd.client.ServerExport;
import io.varve.nbd.client.StatusExtent;
import io.varve.nbd.export.ExportDirectory.Listing;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.export.NbdError;
import io.varve.nbd.wire.NbdProtocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The client against negotiator and session: both sides of the protocol agree on it, whatever the export does. */
class ClientAndServerTest {

    private static final int SIZE = 1 << 20;
    private static final int PAGE = 4096;

    enum Style {
        SIMPLE,
        STRUCTURED,
        EXTENDED;

        ClientOptions options() {
            return switch (this) {
                case SIMPLE -> ClientOptions.simple("memory");
                case STRUCTURED -> ClientOptions.structured("memory");
                case EXTENDED -> ClientOptions.extended("memory");
            };
        }
    }

    private final Random random = new Random(7);
    private final MemoryExport export = new MemoryExport(
            SIZE, EnumSet.complementOf(EnumSet.of(Feature.READ_ONLY, Feature.TRIM)), random, 0.4);
    private final LoopbackServer server = new LoopbackServer(export, random);

    @Test
    void shouldLookBeforeItConnects() throws IOException {
        final NbdHandshake handshake = new NbdHandshake(server);
        assertThat(handshake.list()).containsExactly(new Listing("memory", "in memory"));
        handshake.requestStructuredReplies();
        assertThat(handshake.listMetaContexts("memory", List.of("base:"))).hasSize(1);
        final ServerExport info = handshake.info("memory");
        assertThat(catchThrowableOfType(NegotiationException.class, () -> handshake.info("other")).replyType())
                .isEqualTo(NbdProtocol.REP_ERR_UNKNOWN);
        final NbdClient client = handshake.go("memory");
        assertThat(client.export()).isEqualTo(info);
        client.disconnect();
    }

    @Test
    void shouldTakeLeaveOfAServer() throws IOException {
        new NbdHandshake(server).abort();
        assertThat(server.isOpen()).isFalse();
    }

    @Test
    void shouldEnterByExportName() throws IOException {
        try (NbdClient client = new NbdHandshake(server).exportName("memory")) {
            client.write(10, new byte[] {1, 2, 3});
            assertThat(client.read(9, 5)).containsExactly(0, 1, 2, 3, 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReadWhatWasWritten(Style style) throws IOException {
        final NbdClient client = NbdClient.connect(server, style.options());
        final byte[] expected = new byte[SIZE];
        for (int i = 0; i < 500; i++) {
            final int offset = random.nextInt(SIZE);
            final int length = 1 + random.nextInt(Math.min(SIZE - offset, 200_000));
            switch (random.nextInt(4)) {
                case 0 -> {
                    final byte[] data = new byte[length];
                    random.nextBytes(data);
                    System.arraycopy(data, 0, expected, offset, length);
                    client.write(offset, data, NbdProtocol.CMD_FLAG_FUA);
                }
                case 1 -> {
                    Arrays.fill(expected, offset, offset + length, (byte) 0);
                    client.writeZeroes(offset, length, 0);
                }
                case 2 -> client.flush();
                default -> assertThat(client.read(offset, length))
                        .as("step %d", i)
                        .isEqualTo(Arrays.copyOfRange(expected, offset, offset + length));
            }
        }
        client.disconnect();
        assertThat(export.bytes).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource
    void shouldAnswerManyRequestsUnderWay(Style style) throws IOException {
        random.nextBytes(export.bytes);
        final NbdClient client = NbdClient.connect(server, style.options());
        final List<Long> cookies = new ArrayList<>();
        final int batch = 200;
        for (int i = 0; i < 5; i++) {
            for (int j = 0; j < batch; j++) {
                cookies.add(client.submit(NbdProtocol.CMD_READ, 0, random.nextInt(SIZE - PAGE), 1 + j));
            }
            while (client.inFlightCount() > batch / 2) {
                client.await(cookies.remove(random.nextInt(cookies.size()))).orThrow();
            }
        }
        for (final long cookie : cookies) {
            final Completion completion = client.await(cookie).orThrow();
            final int offset = (int) completion.request().offset();
            assertThat(completion.data())
                    .isEqualTo(Arrays.copyOfRange(
                            export.bytes, offset, offset + (int) completion.request().length()));
        }
        client.disconnect();
    }

    @ParameterizedTest
    @EnumSource(names = {"STRUCTURED", "EXTENDED"})
    void shouldDescribeTheWholeExport(Style style) throws IOException {
        final NbdClient client = NbdClient.connect(server, style.options());
        Arrays.fill(export.bytes, 5 * PAGE, 8 * PAGE, (byte) 1);
        long offset = 0;
        final List<StatusExtent> extents = new ArrayList<>();
        while (offset < SIZE) {
            for (final StatusExtent extent : client.blockStatus(offset, SIZE - offset, 0).get("base:allocation")) {
                extents.add(extent);
                offset += extent.length();
            }
        }
        assertThat(extents)
                .containsExactly(
                        new StatusExtent(5 * PAGE, 3), new StatusExtent(3 * PAGE, 0),
                        new StatusExtent(SIZE - 8 * PAGE, 3));
        assertThat(client.blockStatus(PAGE, PAGE, NbdProtocol.CMD_FLAG_REQ_ONE))
                .containsEntry("base:allocation", List.of(new StatusExtent(PAGE, 3)));
    }

    @Test
    void shouldDescribeForTheContextsThatTheClientNames() throws IOException {
        final NbdClient client = NbdClient.connect(server, ClientOptions.extended("memory"));
        assertThat(client.export().has(NbdProtocol.TRANSMIT_BLOCK_STATUS_PAYLOAD)).isTrue();
        assertThat(client.blockStatus(PAGE, PAGE, List.of("base:allocation")))
                .containsEntry("base:allocation", List.of(new StatusExtent(PAGE, 3)));
        assertError(NbdError.EINVAL, () -> client.blockStatus(PAGE, PAGE, List.of("base:other")));
        client.disconnect();
    }

    @Test
    void shouldSayWhatIsWrong() throws IOException {
        final NbdClient client = NbdClient.connect(server, ClientOptions.extended("memory"));
        assertThatThrownBy(() -> client.read(SIZE, 1)).hasMessageContaining("beyond the end of the export");
        assertError(NbdError.EINVAL, () -> client.blockStatus(0, (1L << 32) + 1, 0));
        assertError(NbdError.ENOSPC, () -> client.writeZeroes(0, 1L << 62, 0));
        client.disconnect();
    }

    @ParameterizedTest
    @EnumSource
    void shouldGoOnAfterErrors(Style style) throws IOException {
        final NbdClient client = NbdClient.connect(server, style.options());
        assertError(NbdError.EINVAL, () -> client.read(SIZE - 1, 2));
        assertError(NbdError.EINVAL, () -> client.read(-1, 2));
        assertError(NbdError.ENOSPC, () -> client.write(SIZE - 1, new byte[2]));
        assertError(NbdError.EINVAL, () -> client.trim(0, PAGE, 0));
        assertError(NbdError.EINVAL, () -> client.read(0, 1, NbdProtocol.CMD_FLAG_REQ_ONE));
        assertThat(client.read(0, 1)).containsExactly(0);
        client.disconnect();
    }

    @Test
    void shouldRefuseBlockStatusWithoutContexts() throws IOException {
        final NbdClient client = NbdClient.connect(server, ClientOptions.simple("memory"));
        assertError(NbdError.EINVAL, () -> client.blockStatus(0, PAGE, 0));
    }

    @Test
    void shouldNotConnectToAnUnknownExport() {
        assertThatThrownBy(() -> NbdClient.connect(server, ClientOptions.structured("other")))
                .isInstanceOf(NegotiationException.class)
                .hasMessageContaining("no export 'other'");
        assertThat(server.isOpen()).isFalse();
    }

    private static void assertError(NbdError error, ThrowingCallable request) {
        final NbdException failure = catchThrowableOfType(NbdException.class, request);
        assertThat(failure).isNotNull();
        assertThat(failure.error()).isEqualTo(error);
        assertThat(failure.wireValue()).isEqualTo(error.wireValue());
    }
}
