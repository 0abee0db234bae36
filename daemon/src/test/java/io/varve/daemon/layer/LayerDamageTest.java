package io.varve.daemon.layer;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.Buffers;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.Crc32c;
import io.varve.daemon.io.Damage;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.FormatVersionException;
import io.varve.daemon.io.Pages;
import io.varve.daemon.io.Sha256;
import io.varve.daemon.io.sim.SimFileSpace;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two layers of equal shape whose files are exchanged, come from other versions, or cannot be read. */
class LayerDamageTest {

    private static final int BAD_PAGE = 20;

    private final SimFileSpace space = new SimFileSpace();
    private final TestDisk disk = TestDisk.empty(40 * Pages.PAGE_SIZE);
    private LayerId one;
    private LayerId two;

    @BeforeEach
    void seal() throws IOException {
        one = seal(100);
        two = seal(200);
        assertThat(scrub(one)).isEmpty();
    }

    private LayerId seal(long seed) throws IOException {
        for (int page = 0; page < 40; page++) {
            disk.fill(page, seed + page);
        }
        return TestLayers.seal(space, TestLayers.LAYERS, disk, null, new Random(1));
    }

    private List<Path> files(LayerId id) throws IOException {
        LayerManifest manifest = LayerManifest.read(space, TestLayers.LAYERS, id);
        Path blob = LayerFiles.blob(TestLayers.LAYERS, manifest.blobs().get(0).id());
        return List.of(LayerFiles.manifest(TestLayers.LAYERS, id), LayerFiles.map(TestLayers.LAYERS, manifest.mapId()),
                blob.resolve("pages"), blob.resolve("crc"), blob.resolve("chunks"));
    }

    private List<Damage> scrub(LayerId id) {
        return new Scrub(space, TestLayers.LAYERS, bytes -> { }).check(id);
    }

    private void readAll(LayerId id) throws IOException {
        try (Chain chain = TestLayers.open(space, TestLayers.LAYERS, disk, id)) {
            TestLayers.readAll(chain);
        }
    }

    /** Both have one extent, the same one, and so share the map. */
    @Test
    void shouldRefuseFilesOfAnotherLayer() throws IOException {
        List<Path> here = files(one);
        List<Path> there = files(two);
        assertThat(here.get(1)).isEqualTo(there.get(1));
        for (int i : new int[] {0, 2, 3, 4}) {
            Path file = here.get(i);
            space.exchange(file, there.get(i));
            if (file.endsWith("chunks")) {
                readAll(one);
            } else {
                assertThatThrownBy(() -> readAll(one)).as("%s", file).isInstanceOf(CorruptDataException.class)
                        .hasMessageContaining(file.toString());
            }
            assertThat(scrub(one)).as("%s", file).isNotEmpty()
                    .allSatisfy(damage -> assertThat(damage.file()).isEqualTo(file.toString()));
            space.exchange(file, there.get(i));
        }
        readAll(one);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, Integer.MIN_VALUE})
    void shouldTellOldAndNewTablesFromDamage(int version) throws IOException {
        String advice = version < 1 ? "older varve" : "newer varve";
        for (Path path : List.of(files(one).get(1), files(one).get(3), files(one).get(4))) {
            UnsafeBuffer header = Buffers.alignedDirect(TableHeader.LENGTH);
            try (BlockFile file = space.open(path, OpenMode.READ_WRITE)) {
                file.read(0, header, 0, TableHeader.LENGTH);
                header.putInt(8, version, LITTLE_ENDIAN);
                header.putInt(124, Crc32c.of(header, 0, 124), LITTLE_ENDIAN);
                file.write(0, header, 0, TableHeader.LENGTH);
            }
            if (!path.endsWith("chunks")) {
                assertThatThrownBy(() -> readAll(one)).isInstanceOf(FormatVersionException.class)
                        .hasMessageContaining(path.toString()).hasMessageContaining(advice);
            }
            assertThat(scrub(one)).anySatisfy(damage -> assertThat(damage.what()).contains("version " + version));
        }
    }

    @Test
    void shouldTellAnOldManifestFromDamage() {
        byte[] content = "{\"format\":\"varve-layer\",\"version\":0}".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> LayerManifest.parse(Sha256.hex(content), content))
                .isInstanceOf(FormatVersionException.class).hasMessageContaining("older varve");
    }

    /** A bad sector in the middle of a piece: that page, and nothing else. */
    @Test
    void shouldFindThePageThatCannotBeRead() throws IOException {
        Path pages = files(one).get(2);
        Scrub scrub = new Scrub(withBadPage(pages), TestLayers.LAYERS, bytes -> { });
        assertThat(scrub.check(one)).containsExactly(new Damage(
                pages.toString(), Pages.offset(BAD_PAGE), Pages.PAGE_SIZE, "it cannot be read"));
        assertThat(scrub.check(two)).isEmpty();
    }

    private FileSpace withBadPage(Path pages) {
        return (FileSpace) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {FileSpace.class},
                (proxy, method, arguments) -> {
                    Object answer = invoke(space, method, arguments);
                    return method.getName().equals("open") && arguments[0].equals(pages)
                            ? withBadPage((BlockFile) answer) : answer;
                });
    }

    private BlockFile withBadPage(BlockFile file) {
        return (BlockFile) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {BlockFile.class},
                (proxy, method, arguments) -> {
                    if (method.getName().startsWith("read")) {
                        long from = (Long) arguments[0];
                        long to = from + (Integer) arguments[3];
                        if (from < Pages.offset(BAD_PAGE + 1) && to > Pages.offset(BAD_PAGE)) {
                            throw new IOException("input/output error");
                        }
                    }
                    return invoke(file, method, arguments);
                });
    }

    private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
