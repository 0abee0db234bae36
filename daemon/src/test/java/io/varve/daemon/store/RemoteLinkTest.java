package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.cache.Chunks;
import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileSpace.OpenMode;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import io.varve.daemon.remote.DiskManifest;
import io.varve.daemon.remote.OriginIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the store knows of disks on other machines, none of which is asked. */
class RemoteLinkTest {

    private static final ImageName FAR = ImageName.parse("far");
    private static final String FIRST = "http://127.0.0.1:1/disk.raw";
    private static final String SECOND = "http://127.0.0.1:2/disk.raw";
    private static final int SIZE = 100_000;

    @TempDir
    Path directory;

    private final NativeFileSpace space = new NativeFileSpace();
    private Store store;
    private Path manifest;

    @BeforeEach
    void makeManifest() throws IOException {
        store = Store.openOrCreate(space, directory.resolve("store"));
        manifest = directory.resolve("disk.manifest");
        Path raw = Files.write(directory.resolve("disk.raw"), new byte[SIZE]);
        try (BlockFile disk = space.open(raw, OpenMode.READ);
                BlockFile target = space.open(manifest, OpenMode.CREATE_NEW)) {
            DiskManifest.make(disk, target, position -> { });
        }
    }

    private ImageManifest publish(List<String> locations, boolean checked, OptionalLong fillRate, String validator)
            throws IOException {
        Optional<String> given = checked ? Optional.of(manifest.toString()) : Optional.empty();
        return new RemoteLink(FAR, locations, given, 0, fillRate).publish(store, new OriginIdentity(SIZE, validator));
    }

    private LayerId layer() throws IOException {
        return store.image(FAR).chain().get(0);
    }

    private List<Path> manifests() throws IOException {
        try (Stream<Path> files = Files.list(store.layout().linked())) {
            return files.filter(file -> file.toString().contains("manifest")).toList();
        }
    }

    @Test
    void shouldSayWhereADiskIsWithoutThePassword() throws IOException {
        publish(List.of("http://reader:secret@127.0.0.1:1/disk.raw"), false, OptionalLong.empty(), "");
        assertThat(store.image(FAR).source()).contains("127.0.0.1:1/disk.raw").doesNotContain("secret");
    }

    @Test
    void shouldTakeAnotherStateForAnotherDiskUnlessAManifestSaysWhatItIs() throws IOException {
        publish(List.of(FIRST), false, OptionalLong.empty(), "\"one\"");
        assertThatThrownBy(() -> publish(List.of(FIRST), false, OptionalLong.empty(), "\"two\""))
                .isInstanceOf(StoreException.class).hasMessageContaining("other content");
        assertThat(manifests()).isEmpty();
        store.remove(FAR);

        publish(List.of(FIRST), true, OptionalLong.empty(), "\"one\"");
        LayerId layer = layer();
        publish(List.of(SECOND, FIRST), true, OptionalLong.empty(), "\"two\"");
        assertThat(layer()).isEqualTo(layer);
        assertThat(store.linkedLayers().remote(layer).orElseThrow().locations()).containsExactly(SECOND, FIRST);
        assertThat(manifests()).singleElement().asString().endsWith(layer.hex() + ".manifest");
    }

    @Test
    void shouldKeepTheManifestAsLongAsTheImage() throws IOException {
        publish(List.of(FIRST), true, OptionalLong.empty(), "");
        store.collectGarbage(Duration.ZERO);
        assertThat(manifests()).singleElement().satisfies(kept -> assertThat(kept).hasSameBinaryContentAs(manifest));
        store.openChain(store.image(FAR).chain(), SIZE).close();
        store.remove(FAR);
        store.collectGarbage(Duration.ZERO);
        assertThat(manifests()).isEmpty();
    }

    @Test
    void shouldOpenNoDiskWithoutTheManifestThatItHas() throws IOException {
        publish(List.of(FIRST), true, OptionalLong.empty(), "");
        Path kept = manifests().get(0);
        byte[] content = Files.readAllBytes(kept);
        content[content.length - 1] ^= 1;
        Files.write(kept, content);
        assertThatThrownBy(this::open).isInstanceOf(CorruptDataException.class).hasMessageContaining(kept.toString());
        Files.delete(kept);
        assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessageContaining(kept.toString());
        Files.copy(manifest, kept);
        open();
    }

    private void open() throws IOException {
        try (Chain chain = store.openChain(store.image(FAR).chain(), SIZE)) {
            assertThat(chain.size()).isEqualTo(SIZE);
        }
    }

    @Test
    void shouldLeaveNothingOfAManifestThatIsNone() throws IOException {
        Files.write(manifest, new byte[5000]);
        assertThatThrownBy(() -> publish(List.of(FIRST), true, OptionalLong.empty(), ""))
                .isInstanceOf(CorruptDataException.class).hasMessageContaining(manifest.toString());
        assertThat(store.contains(FAR)).isFalse();
        assertThat(manifests()).isEmpty();
    }

    @Test
    void shouldRefuseADiskThatIsTooLargeToBeKept() {
        RemoteLink link = new RemoteLink(FAR, List.of("http://me:secret@127.0.0.1:1/disk.raw"), Optional.empty(), 0,
                OptionalLong.empty());
        assertThatThrownBy(() -> link.publish(store, new OriginIdentity(Chunks.MAX_DISK_SIZE + 1, "")))
                .isInstanceOf(StoreException.class)
                .hasMessage("http://127.0.0.1:1/disk.raw is a disk of " + (Chunks.MAX_DISK_SIZE + 1) + " bytes: 1 to "
                        + Chunks.MAX_DISK_SIZE + " can be served from another machine");
        assertThat(store.contains(FAR)).isFalse();
    }

    @Test
    void shouldFillAtARateOfItsOwn() throws IOException {
        publish(List.of(FIRST), false, OptionalLong.empty(), "");
        assertThat(store.linkedLayers().isToBeImported(layer())).isFalse();
        publish(List.of(FIRST), false, OptionalLong.of(0), "");
        assertThat(store.linkedLayers().isToBeImported(layer())).isTrue();
        assertThat(store.looseLayers().copyRate(layer(), 77)).isEqualTo(77);
        publish(List.of(FIRST), false, OptionalLong.of(5), "");
        assertThat(store.looseLayers().copyRate(layer(), 77)).isEqualTo(5);
    }
}
