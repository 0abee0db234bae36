package io.varve.it.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Many requests, many connections: rules 157 to 160. */
class ConcurrencyIT {

    private static final long SEED = 157;
    private static final int SLOT = 8192;

    @Rule(value = 157, styles = Styles.CHUNKED)
    void shouldAnswerAThousandPipelinedRequests(Server server) {
        Random random = new Random(SEED);
        try (Link link = server.link("base:allocation")) {
            int slots = 1000;
            byte[][] model = new byte[slots][];
            for (int i = 0; i < slots; i++) {
                model[i] = link.read((long) i * SLOT, SLOT);
            }
            List<Integer> order = new ArrayList<>();
            List<Long> cookies = new ArrayList<>();
            for (int i = 0; i < slots; i++) {
                order.add(i); // one request for each slot, so that none depends on the order of the answers
            }
            java.util.Collections.shuffle(order, random);
            for (int slot : order) {
                int type = new int[] {Nbd.READ, Nbd.WRITE, Nbd.ZEROES, Nbd.STATUS}[slot % 4];
                byte[] payload = type == Nbd.WRITE ? Bytes.pattern(SLOT, slot) : new byte[0];
                cookies.add(link.send(type, 0, (long) slot * SLOT, SLOT, payload));
                model[slot] = type == Nbd.WRITE ? payload : type == Nbd.ZEROES ? new byte[SLOT] : model[slot];
            }
            for (int i = 0; i < slots; i++) {
                Answer answer = link.await(cookies.get(i));
                assertThat(answer.error).as("seed %d, command %d", SEED, answer.type).isZero();
                if (answer.type == Nbd.READ) {
                    assertThat(answer.data).isEqualTo(model[order.get(i)]);
                }
            }
            for (int i = 0; i < slots; i++) {
                assertThat(link.read((long) i * SLOT, SLOT)).as("seed %d, slot %d", SEED, i).isEqualTo(model[i]);
            }
            link.disconnect();
        }
    }

    @Rule(value = {158, 93}, styles = Styles.ALL)
    void shouldLoseNoWriteOfSeveralConnections(Server server) {
        String name = server.shared();
        List<Link> links = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                links.add(server.link(server.style(), name));
            }
            for (int round = 0; round < 20; round++) {
                List<Long> cookies = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    byte[] data = Bytes.pattern(1000, round * 4 + i);
                    cookies.add(links.get(i).send(Nbd.WRITE, 0, (round * 4 + i) * 1000L, 1000, data));
                }
                for (int i = 0; i < 4; i++) {
                    assertThat(links.get(i).await(cookies.get(i)).error).isZero();
                }
                links.get(round % 4).demand(Nbd.FLUSH, 0, 0, 0);
            }
            for (Link link : links) {
                for (int i = 0; i < 80; i++) {
                    assertThat(link.read(i * 1000L, 1000)).as("write %d", i).isEqualTo(Bytes.pattern(1000, i));
                }
            }
        } finally {
            links.forEach(Link::close);
        }
    }

    @Rule(value = 159, styles = Styles.ALL)
    void shouldKeepBytesOfOneOfTheWriters(Server server) {
        String name = server.shared();
        try (Link one = server.link(server.style(), name); Link two = server.link(server.style(), name)) {
            byte[] ones = new byte[65536];
            byte[] twos = new byte[65536];
            Arrays.fill(ones, (byte) 1);
            Arrays.fill(twos, (byte) 2);
            for (int round = 0; round < 30; round++) {
                long shift = round * 131L;
                long a = one.send(Nbd.WRITE, 0, 0, 65536, ones);
                long b = two.send(Nbd.WRITE, 0, shift, 65536, twos);
                assertThat(one.await(a).error + two.await(b).error).isZero();
                byte[] seen = one.read(0, 65536 + shift);
                for (int i = 0; i < seen.length; i++) {
                    if (!(seen[i] == 1 && i < 65536 || seen[i] == 2 && i >= shift)) {
                        throw new AssertionError("byte " + i + " of round " + round + " is " + seen[i]);
                    }
                }
                two.write(0, twos); // so that nothing of this round stands in for the next
                two.write(65536, twos);
            }
        }
    }

    @Rule(160)
    void shouldServeAHundredConnections(Server server) {
        List<Link> links = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                links.add(server.simple());
            }
            links.forEach(Link::expectUsable);
        } finally {
            links.forEach(Link::close);
        }
    }

    @Rule({160, 10})
    void shouldServeOthersBesideASlowReaderAndAStalledWriter(Server server) {
        try (Link reader = server.simple(); Link writer = server.simple(); Link other = server.simple()) {
            byte[][] reads = new byte[100][];
            for (int i = 0; i < reads.length; i++) {
                reads[i] = reader.header(Nbd.READ, 0, i, 0, Nbd.MIB);
            }
            reader.wire().sendUnread(Bytes.join(reads));
            writer.wire().send(writer.header(Nbd.WRITE, 0, 1, 0, Nbd.MIB), new byte[1000]);
            for (int i = 0; i < 20; i++) {
                other.expectUsable();
            }
            server.expectAlive();
            for (int i = 0; i < reads.length; i++) {
                reader.expect(i, Nbd.READ, 0, 0, Nbd.MIB);
            }
            for (int i = 0; i < reads.length; i++) {
                assertThat(reader.await(i).error).as("error of the slow reader's request").isZero();
            }
        }
    }
}
