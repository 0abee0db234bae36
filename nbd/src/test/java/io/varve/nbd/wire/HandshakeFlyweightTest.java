package io.varve.nbd.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Golden bytes of the handshake's messages, written and read at an odd index. */
class HandshakeFlyweightTest {

    private static final int INDEX = 3;

    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[32]);

    @Test
    void shouldLayOutTheGreeting() {
        GreetingFlyweight.encode(buffer, INDEX, 0x8001);
        assertBytes(GreetingFlyweight.LENGTH, "4e42444d41474943" + "49484156454f5054" + "8001");
        final GreetingFlyweight greeting = new GreetingFlyweight().wrap(buffer, INDEX);
        assertThat(greeting.hasMagic()).isTrue();
        assertThat(greeting.isNewstyle()).isTrue();
        assertThat(greeting.flags()).isEqualTo(0x8001);
        buffer.putByte(INDEX + 15, (byte) 0);
        assertThat(greeting.isNewstyle()).isFalse();
        buffer.putByte(INDEX, (byte) 0);
        assertThat(greeting.hasMagic()).isFalse();
    }

    @Test
    void shouldLayOutAnOption() {
        OptionRequestFlyweight.encode(buffer, INDEX, 0xfedcba98, 0x01020304);
        assertBytes(OptionRequestFlyweight.HEADER_LENGTH, "49484156454f5054" + "fedcba98" + "01020304");
        final OptionRequestFlyweight option = new OptionRequestFlyweight().wrap(buffer, INDEX);
        assertThat(option.hasMagic()).isTrue();
        assertThat(option.option()).isEqualTo(0xfedcba98);
        assertThat(option.dataLength()).isEqualTo(0x01020304);
        buffer.putByte(INDEX + 12, (byte) 0xff);
        assertThat(option.dataLength()).isEqualTo(0xff020304L);
        buffer.putByte(INDEX + 7, (byte) 0);
        assertThat(option.hasMagic()).isFalse();
    }

    @Test
    void shouldLayOutAnOptionReply() {
        OptionReplyFlyweight.encode(buffer, INDEX, 7, NbdProtocol.REP_ERR_UNKNOWN, 0x01020304);
        assertBytes(
                OptionReplyFlyweight.HEADER_LENGTH, "0003e889045565a9" + "00000007" + "80000006" + "01020304");
        final OptionReplyFlyweight reply = new OptionReplyFlyweight().wrap(buffer, INDEX);
        assertThat(reply.hasMagic()).isTrue();
        assertThat(reply.option()).isEqualTo(7);
        assertThat(reply.type()).isEqualTo(NbdProtocol.REP_ERR_UNKNOWN).isNegative();
        assertThat(reply.dataLength()).isEqualTo(0x01020304);
        buffer.putByte(INDEX + 16, (byte) 0xff);
        assertThat(reply.dataLength()).isEqualTo(0xff020304L);
        buffer.putByte(INDEX + 7, (byte) 0);
        assertThat(reply.hasMagic()).isFalse();
    }

    @Test
    void shouldLayOutTheSizeOfAnExport() {
        ExportSizeFlyweight.encode(buffer, INDEX, 0x0102030405060708L, 0x8d01);
        assertBytes(ExportSizeFlyweight.LENGTH, "0102030405060708" + "8d01");
        final ExportSizeFlyweight size = new ExportSizeFlyweight().wrap(buffer, INDEX);
        assertThat(size.size()).isEqualTo(0x0102030405060708L);
        assertThat(size.transmissionFlags()).isEqualTo(0x8d01);
    }

    @Test
    void shouldLayOutBlockSizes() {
        BlockSizeFlyweight.encode(buffer, INDEX, 1, 0x1000, -1);
        assertBytes(BlockSizeFlyweight.LENGTH, "00000001" + "00001000" + "ffffffff");
        final BlockSizeFlyweight sizes = new BlockSizeFlyweight().wrap(buffer, INDEX);
        assertThat(sizes.minimum()).isEqualTo(1);
        assertThat(sizes.preferred()).isEqualTo(0x1000);
        assertThat(sizes.maximumPayload()).isEqualTo(0xffffffffL);
    }

    /** Exactly {@code expectedHex} at the index, and not a byte more. */
    private void assertBytes(int length, String expectedHex) {
        final byte[] expected = new byte[buffer.capacity()];
        final byte[] golden = HexFormat.of().parseHex(expectedHex);
        assertThat(golden).hasSize(length);
        System.arraycopy(golden, 0, expected, INDEX, length);
        assertThat(Arrays.copyOf(buffer.byteArray(), expected.length)).isEqualTo(expected);
    }
}
