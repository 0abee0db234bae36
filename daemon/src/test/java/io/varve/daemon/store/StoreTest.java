package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.daemon.io.CorruptDataException;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.NativeFileSpace;
import io.varve.daemon.layer.LayerId;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreTest {

    private static final ImageName WIN = ImageName.parse("lab/win:v1");
    private static final LayerId BASE = new LayerId("ab".repeat(32));
    private static final LayerId PATCH = new LayerId("cd".repeat(32));

    @TempDir
    Path temporary;

    private Path root;
    private Store store;

    @BeforeEach
    void create() throws IOException {
        root = temporary.resolve("store");
        store = Store.openOrCreate(new NativeFileSpace(), root);
    }

    private static ImageManifest manifest(LayerId... chain) {
        return new ImageManifest(8192, List.of(chain), Instant.parse("2026-01-02T03:04:05Z"), "win.raw", null);
    }

    @Test
    void shouldOpenWhatItCreated() throws IOException {
        String identity = Files.readString(root.resolve("varve.json"));
        Store.openOrCreate(new NativeFileSpace(), root);
        assertThat(Store.open(new NativeFileSpace(), root).images()).isEmpty();
        assertThat(Files.readString(root.resolve("varve.json"))).isEqualTo(identity).contains("varve-store");
    }

    @Test
    void shouldSayThatThereIsNoStore() {
        assertThatThrownBy(() -> Store.open(new NativeFileSpace(), temporary.resolve("none")))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("none yet");
    }

    @Test
    void shouldNotMakeAStoreOutOfADirectoryThatHoldsSomethingElse() throws IOException {
        Files.createDirectories(temporary.resolve("home"));
        Files.writeString(temporary.resolve("home/letter.txt"), "dear");
        assertThatThrownBy(() -> Store.openOrCreate(new NativeFileSpace(), temporary.resolve("home")))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("letter.txt");
        assertThat(temporary.resolve("home")).isDirectoryContaining(file -> file.endsWith("letter.txt"));
        assertThat(Files.list(temporary.resolve("home"))).hasSize(1);
    }

    @Test
    void shouldNotMakeAStoreInPlaceOfAFile() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));
        assertThatThrownBy(() -> Store.openOrCreate(new NativeFileSpace(), file)).isInstanceOf(IOException.class);
    }

    @Test
    void shouldFinishAStoreWhoseCreationWasCutShort() throws IOException {
        Files.delete(root.resolve("varve.json"));
        Store.openOrCreate(new NativeFileSpace(), root);
        assertThat(root.resolve("varve.json")).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"format\":\"varve-store\",\"version\":2,\"id\":\"6f6f2a39-4be1-4a3c-a5c0-0b8f52b6d0a5\",\"features\":[]}",
        "{\"format\":\"varve-store\",\"version\":1,\"id\":\"6f6f2a39-4be1-4a3c-a5c0-0b8f52b6d0a5\","
                + "\"features\":[\"x\"]}"
    })
    void shouldRefuseAStoreOfAnotherVersion(String identity) throws IOException {
        Files.writeString(root.resolve("varve.json"), identity);
        assertThatThrownBy(() -> Store.openOrCreate(new NativeFileSpace(), root))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("store of another version");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "null", "{\"format\":\"varve-image\"}", "{\"format\":1}",
        "{\"format\":\"varve-store\",\"version\":1,\"version\":1}", "{\"format\":\"varve-store\",\"version\":\"1\"}",
        "{\"format\":\"varve-store\",\"version\":1,\"id\":\"x\",\"features\":[]}",
        "{\"format\":\"varve-store\",\"version\":1,\"id\":\"x\",\"features\":[],\"more\":1}"})
    void shouldRefuseADamagedIdentity(String identity) throws IOException {
        Files.writeString(root.resolve("varve.json"), identity);
        assertThatThrownBy(() -> Store.open(new NativeFileSpace(), root))
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("varve.json");
    }

    @Test
    void shouldPublishAnImageAndFindItAgain() throws IOException {
        store.publish(WIN, manifest(BASE, PATCH));
        store.publish(ImageName.parse("alpine"), manifest(BASE));
        Store again = Store.open(new NativeFileSpace(), root);
        assertThat(again.images()).containsExactly(ImageName.parse("alpine"), WIN);
        assertThat(again.image(WIN)).isEqualTo(manifest(BASE, PATCH));
    }

    @Test
    void shouldPublishTheSameContentTwiceButNoOther() throws IOException {
        store.publish(WIN, manifest(BASE));
        store.publish(WIN, manifest(BASE));
        assertThatThrownBy(() -> store.publish(WIN, manifest(PATCH)))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("already in the store");
        assertThat(store.image(WIN)).isEqualTo(manifest(BASE));
    }

    @Test
    void shouldNameTheImageThatIsMissing() {
        assertThatThrownBy(() -> store.image(WIN))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("lab/win:v1");
        assertThatThrownBy(() -> store.tag(WIN, ImageName.parse("x"))).hasMessageContaining("lab/win:v1");
    }

    @Test
    void shouldMoveATagUnlessItsImageIsInUse() throws IOException {
        ImageName stable = ImageName.parse("win:stable");
        store.publish(WIN, manifest(BASE));
        store.publish(ImageName.parse("lab/win:v2"), manifest(BASE, PATCH));
        store.tag(WIN, stable);
        try (FileLocks.Lock client = FileLocks.tryLock(store.layout().manifest(stable), LockKind.SHARED)) {
            assertThat(client).isNotNull();
            assertThatThrownBy(() -> store.tag(ImageName.parse("lab/win:v2"), stable)).hasMessageContaining("in use");
            assertThat(store.image(stable).chain()).containsExactly(BASE);
        }
        store.tag(ImageName.parse("lab/win:v2"), stable);
        assertThat(store.image(stable).chain()).containsExactly(BASE, PATCH);
    }

    @Test
    void shouldNameTheDaemonThatHoldsTheStore() throws IOException {
        try (FileLocks.Lock daemon = store.lockForDaemon()) {
            assertThat(daemon).isNotNull();
            assertThatThrownBy(() -> store.lockForDaemon())
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("another daemon holds this store")
                    .hasMessageContaining("(pid " + ProcessHandle.current().pid() + ")");
        }
        store.lockForDaemon().close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{\"format\":\"varve-image\",\"version\":1,\"size\":-1}",
        "{\"format\":\"varve-image\",\"version\":1,\"size\":1,\"layers\":[\"../../x\"],"
                + "\"created\":\"2026-01-02T03:04:05Z\",\"source\":\"\"}",
        "{\"format\":\"varve-image\",\"version\":1,\"size\":1,\"layers\":[],\"created\":\"x\",\"source\":\"\"}",
        "{\"format\":\"varve-image\",\"version\":1,\"size\":1,\"layers\":{},\"created\":\"2026-01-02T03:04:05Z\","
                + "\"source\":\"\"}"})
    void shouldRefuseADamagedManifest(String content) throws IOException {
        store.publish(WIN, manifest(BASE));
        Files.writeString(store.layout().manifest(WIN), content);
        assertThatThrownBy(() -> store.image(WIN))
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("v1.json");
    }

    @Test
    void shouldRefuseAManifestThatIsTooLongBeforeReadingIt() throws IOException {
        store.publish(WIN, manifest(BASE));
        Files.write(store.layout().manifest(WIN), new byte[ImageManifest.MAX_FILE_LENGTH + 1]);
        assertThatThrownBy(() -> store.image(WIN))
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("at most");
    }

    @Test
    void shouldPassOverFilesThatAreNoManifests() throws IOException {
        store.publish(WIN, manifest(BASE));
        Files.writeString(root.resolve("images/notes.txt"), "");
        Files.writeString(store.layout().manifest(WIN).resolveSibling("v2.json.new"), "");
        Files.writeString(store.layout().manifest(WIN).resolveSibling("..json"), "");
        assertThat(store.images()).containsExactly(WIN);
    }
}
