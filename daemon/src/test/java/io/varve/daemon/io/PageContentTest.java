package io.varve.daemon.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class PageContentTest {

    private final UnsafeBuffer buffer = Buffers.alignedDirect(3 * Pages.PAGE_SIZE);
    private final UnsafeBuffer other = Buffers.alignedDirect(2 * Pages.PAGE_SIZE);

    @Test
    void shouldSeeEveryByteOfThePageAndNoOther() {
        int page = Pages.PAGE_SIZE;
        buffer.putByte(page - 1, (byte) 1);
        buffer.putByte(2 * page, (byte) 1);
        assertThat(PageContent.isZero(buffer, page)).isTrue();
        assertThat(PageContent.isEqual(buffer, page, other, 100)).isTrue();
        for (int i = 0; i < page; i++) {
            buffer.putByte(page + i, (byte) 0x80);
            assertThat(PageContent.isZero(buffer, page)).as("byte %d", i).isFalse();
            assertThat(PageContent.isEqual(buffer, page, other, 100)).as("byte %d", i).isFalse();
            other.putByte(100 + i, (byte) 0x80);
            assertThat(PageContent.isEqual(buffer, page, other, 100)).as("byte %d", i).isTrue();
            buffer.putByte(page + i, (byte) 0);
            other.putByte(100 + i, (byte) 0);
        }
    }

    @Test
    void shouldSeeEveryByteOfARangeAndNoOther() {
        int length = 512;
        int index = 192;
        buffer.putByte(index - 1, (byte) 1);
        buffer.putByte(index + length, (byte) 1);
        assertThat(PageContent.isZero(buffer, index, length)).isTrue();
        assertThat(PageContent.isEqual(buffer, index, other, 100, length)).isTrue();
        for (int i = 0; i < length; i++) {
            buffer.putByte(index + i, (byte) 0x80);
            assertThat(PageContent.isZero(buffer, index, length)).as("byte %d", i).isFalse();
            assertThat(PageContent.isEqual(buffer, index, other, 100, length)).as("byte %d", i).isFalse();
            other.putByte(100 + i, (byte) 0x80);
            assertThat(PageContent.isEqual(buffer, index, other, 100, length)).as("byte %d", i).isTrue();
            buffer.putByte(index + i, (byte) 0);
            other.putByte(100 + i, (byte) 0);
        }
    }
}
