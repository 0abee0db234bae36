package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class BackgroundScrubTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int MIB = 1 << 20;

    @TempDir
    Path temporary;

    private final TestTime time = new TestTime();
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private ScrubbedStore house;
    private LayerId layer;

    /** Passes when somebody waits; ends after some waits. */
    private static final class TestTime implements BackgroundScrub.Time {

        private long nowNs = 77;
        private int waitsLeft = Integer.MAX_VALUE;
        private long longestNs;

        @Override
        public long nowNs() {
            return nowNs;
        }

        @Override
        public boolean await(long delayNs) {
            nowNs += delayNs;
            longestNs = Math.max(longestNs, delayNs);
            return waitsLeft-- > 0;
        }

        @Override
        public void end() {
            waitsLeft = 0;
        }
    }

    @BeforeEach
    void fill() throws IOException {
        house = new ScrubbedStore(temporary.resolve("store"));
        byte[] content = new byte[4 * MIB];
        new Random(3).nextBytes(content);
        layer = house.seal(content);
        house.publish("win", layer);
        log.start();
        logger().addAppender(log);
    }

    @AfterEach
    void close() {
        logger().detachAppender(log);
        house.close();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(BackgroundScrub.class);
    }

    @Test
    void shouldKeepTheRate() throws IOException {
        BackgroundScrub scrub = new BackgroundScrub(house.store, MIB / 2, time);
        long startNs = time.nowNs();
        scrub.pass();
        assertThat(time.nowNs() - startNs).isEqualTo(8 * SECOND);
        assertThat(time.longestNs).isEqualTo(2 * SECOND);
        assertThat(scrub.status().passCount()).isEqualTo(1);
        assertThat(scrub.status().running()).isFalse();
        assertThat(scrub.status().findings()).isEmpty();
        assertThat(scrub.status().lastEnd()).isNotNull();
    }

    @Test
    void shouldTellDamageOnceAndForgetItWhenItIsRepaired() throws Exception {
        BackgroundScrub scrub = new BackgroundScrub(house.store, MIB, time);
        ScrubbedStore.flip(house.blob(layer, "pages"), 5);
        scrub.pass();
        scrub.pass();
        assertThat(scrub.status().findings()).hasSize(1);
        assertThat(log.list).extracting(ILoggingEvent::getFormattedMessage).singleElement().asString()
                .startsWith("damage: win: layer " + layer.abbreviated()).contains("page 0 of the disk");
        ScrubbedStore.flip(house.blob(layer, "pages"), 5);
        scrub.pass();
        assertThat(scrub.status().findings()).isEmpty();
        assertThat(log.list).hasSize(1);
    }

    @Test
    void shouldTellDamageBeforeThePassEnds() throws IOException {
        ScrubbedStore.flip(house.blob(layer, "crc"), 130);
        ScrubbedStore.flip(house.map(layer), 130);
        time.waitsLeft = 0;
        BackgroundScrub scrub = new BackgroundScrub(house.store, MIB, time);
        assertThatThrownBy(scrub::pass).isInstanceOf(CancellationException.class);
        assertThat(scrub.status().findings()).hasSize(1);
        assertThat(scrub.status().passCount()).isZero();
        assertThat(scrub.status().running()).isFalse();
    }

    @Test
    void shouldEndAtOnceWhenItIsClosed() {
        BackgroundScrub scrub = BackgroundScrub.start(house.store, 1);
        scrub.close();
        assertThat(scrub.status().passCount()).isZero();
    }
}
