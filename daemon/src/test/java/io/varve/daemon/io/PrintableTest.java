package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {

    @Test
    void shouldCutAndReplace() {
        assertThat(Printable.of("alice", 5)).isEqualTo("alice");
        assertThat(Printable.of("alices", 5)).isEqualTo("alice...");
        assertThat(Printable.of("a\n\u001b[31mb\u00e9\u202e", 60)).isEqualTo("a??[31mb??");
    }
}
