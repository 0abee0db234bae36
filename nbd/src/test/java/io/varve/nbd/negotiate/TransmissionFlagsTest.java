package io.varve.nbd.negotiate;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.wire.ReplyStyle;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TransmissionFlagsTest {

    @Test
    void shouldAlwaysSayThatThereAreFlags() {
        assertThat(flags(Set.of(), ReplyStyle.SIMPLE)).isEqualTo(1);
    }

    @Test
    void shouldOfferDfWithStructuredRepliesOnly() {
        assertThat(flags(Set.of(), ReplyStyle.STRUCTURED)).isEqualTo(0x81);
    }

    @Test
    void shouldGiveEachFeatureItsBit() {
        assertThat(flags(Set.of(Feature.READ_ONLY), ReplyStyle.SIMPLE)).isEqualTo(0x003);
        assertThat(flags(Set.of(Feature.FLUSH), ReplyStyle.SIMPLE)).isEqualTo(0x005);
        assertThat(flags(Set.of(Feature.FUA), ReplyStyle.SIMPLE)).isEqualTo(0x009);
        assertThat(flags(Set.of(Feature.ROTATIONAL), ReplyStyle.SIMPLE)).isEqualTo(0x011);
        assertThat(flags(Set.of(Feature.TRIM), ReplyStyle.SIMPLE)).isEqualTo(0x021);
        assertThat(flags(Set.of(Feature.WRITE_ZEROES), ReplyStyle.SIMPLE)).isEqualTo(0x041);
        assertThat(flags(Set.of(Feature.CAN_MULTI_CONN), ReplyStyle.SIMPLE)).isEqualTo(0x101);
        assertThat(flags(Set.of(Feature.CACHE), ReplyStyle.SIMPLE)).isEqualTo(0x401);
        assertThat(flags(Set.of(Feature.WRITE_ZEROES, Feature.FAST_ZERO), ReplyStyle.SIMPLE)).isEqualTo(0x841);
    }

    @Test
    void shouldNotOfferFastZeroWithoutWriteZeroes() {
        assertThat(flags(Set.of(Feature.FAST_ZERO), ReplyStyle.SIMPLE)).isEqualTo(1);
    }

    @Test
    void shouldNotOfferWhatAReadOnlyExportRefuses() {
        assertThat(flags(EnumSet.allOf(Feature.class), ReplyStyle.STRUCTURED)).isEqualTo(0x59f);
    }

    @Test
    void shouldOfferTheBlockStatusPayloadWithExtendedHeadersAndContextsOnly() {
        assertThat(flags(Set.of(), ReplyStyle.EXTENDED, 1)).isEqualTo(0x1081);
        assertThat(flags(Set.of(), ReplyStyle.EXTENDED, 0)).isEqualTo(0x81);
        assertThat(flags(Set.of(), ReplyStyle.STRUCTURED, 1)).isEqualTo(0x81);
    }

    private static int flags(Set<Feature> features, ReplyStyle replyStyle) {
        return flags(features, replyStyle, 0);
    }

    private static int flags(Set<Feature> features, ReplyStyle replyStyle, int contextCount) {
        return TransmissionFlags.of(new ExportInfo("x", "", 0, features, 4096, List.of()), replyStyle, contextCount);
    }
}
