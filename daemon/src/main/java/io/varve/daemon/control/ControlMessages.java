package io.varve.daemon.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * One JSON object a line, UTF-8, in both directions.
 *
 * <p>Immutable.
 */
final class ControlMessages {

    /** Bytes of a request with its line end; a longer one ends the connection. */
    static final int MAX_REQUEST_LENGTH = 4096;
    /** Bytes of an answer with its line end: the status of thousands of disks. */
    static final int MAX_ANSWER_LENGTH = 16 * 1024 * 1024;

    private static final JSON FORMAT = JSON.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(16).build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(JSON.Feature.WRITE_NULL_PROPERTIES)
            .build();

    private ControlMessages() {}

    static Map<String, Object> parse(byte[] line, int length) throws IOException {
        Map<String, Object> message = FORMAT.mapFrom(new String(line, 0, length, StandardCharsets.UTF_8));
        if (message == null) {
            throw new IOException("not a JSON object");
        }
        return message;
    }

    static ByteBuffer compose(Map<String, Object> message) throws IOException {
        return ByteBuffer.wrap((FORMAT.asString(message) + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
