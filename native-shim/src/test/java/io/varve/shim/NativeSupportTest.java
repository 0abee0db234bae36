package io.varve.shim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NativeSupportTest {

    @Test
    void shouldBeAvailableWhereTheTestsRun() {
        assertThat(NativeSupport.reason()).isNull();
        assertThat(NativeSupport.available()).isTrue();
    }

    @Test
    void shouldSayWhichSystemIsMissing() {
        assertThat(NativeSupport.find("Mac OS X", "aarch64")).isEqualTo("Varve needs Linux, this is Mac OS X");
    }

    @Test
    void shouldSayWhichArchitectureIsMissing() {
        assertThat(NativeSupport.find("Linux", "mips64")).contains("mips64");
    }
}
