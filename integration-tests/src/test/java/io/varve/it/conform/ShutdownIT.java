package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;

/** A server that stops: rules 21 and 161. */
class ShutdownIT {

    @TempDir
    Path directory;

    @Rule(value = {21, 161}, ways = Way.UNIX)
    void shouldRefuseWhatComesWhenItStops(Server ignored) {
        try (Served served = Served.mixed(directory, 4L * Nbd.MIB, 161)) {
            Reach reach = new Reach(Way.UNIX, UnixDomainSocketAddress.of(served.daemon().socket()), null);
            Server server = new Server(Peer.VARVE, served.daemon()::pid, reach, reach);
            String name = server.shared();
            try (Haggle haggle = server.haggle();
                    Link busy = server.link(Link.Style.SIMPLE, name);
                    Link idle = server.link(Link.Style.SIMPLE, name)) {
                byte[] data = Bytes.pattern(Nbd.MIB, 161);
                beginWrite(busy, data, 1000);
                Tool.run("kill", "-TERM", served.daemon().pid());
                // Both connections are of one disk, hence in the same hands; nothing is left to do for this one.
                idle.wire().expectEnd();

                assertThat(haggle.askOne(Nbd.OPT_LIST).type()).isEqualTo(Nbd.ERR_SHUTDOWN);
                assertThat(haggle.askOne(Nbd.OPT_GO, Bytes.export(name)).type()).isEqualTo(Nbd.ERR_SHUTDOWN);
                assertThat(haggle.askOne(Nbd.OPT_ABORT).type()).as("answer to ABORT").isEqualTo(Nbd.ACK);

                busy.expect(3, Nbd.READ, 0, 0, 4096);
                busy.wire().send(Arrays.copyOfRange(data, 1000, data.length), busy.header(Nbd.READ, 0, 3, 0, 4096));
                assertThat(busy.await(2).error).as("error of what was in flight").isZero();
                assertThat(busy.await(3).error).as("error of what came later").isEqualTo(Nbd.ESHUTDOWN);
                busy.wire().expectEnd();
            }
            assertThat(served.daemon().awaitEnd()).as("exit code").isZero();
        }
    }

    /** The server has the request and the first bytes when this returns: it answered what came just before. */
    private static void beginWrite(Link link, byte[] data, int length) {
        link.expect(1, Nbd.READ, 0, 0, 512);
        link.expect(2, Nbd.WRITE, 0, 0, data.length);
        link.wire().send(Bytes.join(
                link.header(Nbd.READ, 0, 1, 0, 512), link.header(Nbd.WRITE, 0, 2, 0, data.length),
                Arrays.copyOf(data, length)));
        assertThat(link.await(1).error).isZero();
    }
}
