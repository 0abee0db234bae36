package io.varve.it.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.RawImages;
import io.varve.it.tool.Served;
import io.varve.it.tool.Tool;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a script can ask for, through libnbd's Python binding: flags, errors, depth, several connections. */
class NbdShellIT {

    private static final long SEED = 31;

    @TempDir
    static Path directory;

    private static Served served;

    @BeforeAll
    static void serve() {
        served = Served.mixed(directory, 16 * RawImages.MIB, SEED);
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    /** Runs with {@code h} unconnected, {@code uri} the export of {@code client}, {@code raw} the imported file. */
    private static void script(String client, String code) {
        String preamble = "uri = '" + served.uri("disk@" + client) + "'\n"
                + "raw = open('" + served.raw() + "', 'rb').read()\n"
                + "import errno, os, random\n";
        Tool.Outcome outcome = Tool.run("nbdsh", "-c", preamble + code + "\nprint('end of script')");
        assertThat(outcome.out()).endsWith("end of script\n");
    }

    @Test
    void shouldAnswerSimplyWhereNothingElseWasAgreed() {
        script("simple", """
                h.set_request_structured_replies(False)
                h.connect_uri(uri)
                assert not h.get_structured_replies_negotiated()
                assert h.pread(1000000, 300) == raw[300:1000300]
                h.pwrite(b'x' * 5000, 4000)
                assert h.pread(5002, 3999) == raw[3999:4000] + b'x' * 5000 + raw[9000:9001]
                """);
    }

    @Test
    void shouldSendChunksThatCoverTheRange() {
        script("chunks", """
                h.connect_uri(uri)
                assert h.get_structured_replies_negotiated()
                seen = bytearray()
                def chunk(data, offset, status, error):
                    assert offset == len(seen), (offset, len(seen))
                    assert status in (nbd.READ_DATA, nbd.READ_HOLE)
                    seen.extend(data)
                h.pread_structured(len(raw) - 100, 0, chunk)
                assert seen == raw[:-100]
                one = []
                h.pread_structured(65536, 4096, lambda d, o, s, e: one.append(bytes(d)), nbd.CMD_FLAG_DF)
                assert one == [raw[4096:4096 + 65536]]
                """);
    }

    @Test
    void shouldZeroFastOrRefuseAndChangeNothing() {
        script("fast", """
                h.connect_uri(uri)
                assert h.can_fast_zero()
                p = next(i for i in range(0, len(raw), 4096)
                         if all(any(raw[j:j + 4096]) for j in (i, i + 4096, i + 8192)))
                def refused(flags):
                    try:
                        h.zero(1000, p + 5000, flags)
                    except nbd.Error as e:
                        assert e.errnum in (errno.ENOTSUP, errno.EOPNOTSUPP), e
                        return
                    assert False, 'it was not refused'
                refused(nbd.CMD_FLAG_FAST_ZERO)
                refused(nbd.CMD_FLAG_FAST_ZERO | nbd.CMD_FLAG_NO_HOLE)
                assert h.pread(12288, p) == raw[p:p + 12288]
                h.zero(4096, p + 4096, nbd.CMD_FLAG_FAST_ZERO)
                assert h.pread(12288, p) == raw[p:p + 4096] + bytes(4096) + raw[p + 8192:p + 12288]
                h.pwrite(b'x' * 4096, p + 4096)
                h.zero(1000, p + 5000, nbd.CMD_FLAG_FAST_ZERO)
                assert h.pread(4096, p + 4096) == b'x' * 904 + bytes(1000) + b'x' * 2192
                h.zero(4096, p + 4096, nbd.CMD_FLAG_NO_HOLE)
                assert h.pread(4096, p + 4096) == bytes(4096)
                """);
    }

    @Test
    void shouldShowForcedWritesToEveryConnection() {
        script("several", """
                others = [nbd.NBD() for i in range(4)]
                for o in [h] + others:
                    o.connect_uri(uri)
                    assert o.can_multi_conn()
                for i, o in enumerate(others):
                    data = bytes([i + 1]) * 12288
                    o.pwrite(data, 100000 * i + 7, nbd.CMD_FLAG_FUA)
                    for reader in [h] + others:
                        assert reader.pread(12288, 100000 * i + 7) == data
                others[0].pwrite(b'q' * 512, 0)
                others[1].flush()
                assert h.pread(512, 0) == b'q' * 512
                """);
    }

    @Test
    void shouldKeepManyRequestsUnderWay() {
        script("pipelined", """
                h.connect_uri(uri)
                random.seed(%d)
                model = bytearray(raw)
                for round in range(20):
                    cookies = []
                    for slot in range(64):
                        # Ranges of one round are apart, so that their order does not matter.
                        offset = slot * 262144 + random.randrange(200000)
                        length = random.randrange(1, 62144)
                        if random.random() < 0.5:
                            data = random.randbytes(length)
                            model[offset:offset + length] = data
                            cookies.append((h.aio_pwrite(nbd.Buffer.from_bytearray(bytearray(data)), offset), None))
                        else:
                            buffer = nbd.Buffer(length)
                            cookies.append((h.aio_pread(buffer, offset), (buffer, offset, length)))
                    while h.aio_in_flight() > 0:
                        h.poll(-1)
                    for cookie, read in cookies:
                        assert h.aio_command_completed(cookie)
                        if read:
                            buffer, offset, length = read
                            assert buffer.to_bytearray() == model[offset:offset + length], (round, offset)
                assert h.pread(len(model), 0) == model
                """.formatted(SEED));
    }

    @Test
    void shouldAnswerMistakesWithErrorsAndStayUsable() {
        script("mistakes", """
                h.connect_uri(uri)
                h.set_strict_mode(0)
                size = h.get_size()
                def fails(expected, call):
                    try:
                        call()
                    except nbd.Error as e:
                        assert e.errnum == expected, e
                    else:
                        raise AssertionError('did not fail')
                fails(errno.EINVAL, lambda: h.pread(512, size))
                fails(errno.EINVAL, lambda: h.pread(512, size - 511))
                fails(errno.ENOSPC, lambda: h.pwrite(b'x' * 512, size - 511))
                fails(errno.EINVAL, lambda: h.pread(512, 0, 1 << 9))
                fails(errno.EINVAL, lambda: h.trim(4096, 2 ** 63 - 4096))
                assert h.pread(512, size - 512) == raw[-512:]
                h.cache(65536, 0)
                """);
    }

    @Test
    void shouldMapWhatIsWrittenZeroedAndTrimmed() {
        script("status", """
                h.add_meta_context(nbd.CONTEXT_BASE_ALLOCATION)
                h.connect_uri(uri)
                def state(offset, length):
                    extents = []
                    h.block_status(length, offset, lambda context, o, entries, e: extents.extend(entries))
                    assert extents[0] >= length, extents
                    return extents[1]
                h.pwrite(b'x' * 65536, 65536)
                assert state(65536, 65536) == 0
                h.zero(65536, 65536)
                assert state(65536, 65536) & nbd.STATE_ZERO
                h.pwrite(b'y' * 65536, 65536)
                h.zero(65536, 65536, nbd.CMD_FLAG_NO_HOLE)
                assert state(65536, 65536) & nbd.STATE_HOLE == 0
                assert h.pread(65536, 65536) == bytes(65536)
                h.pwrite(b'z' * 65536, 65536)
                h.trim(65536, 65536)
                assert h.pread(65536, 65536) == bytes(65536)
                """);
    }
}
