package io.varve.daemon.transfer.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.varve.daemon.format.OtherFormat;
import io.varve.daemon.io.NativeFileSpace;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With a script in the place of QEMU's tool. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class QemuNbdTest {

    @TempDir
    Path directory;

    private final List<String> notices = new ArrayList<>();
    private Path image;
    private Path programs;

    @BeforeEach
    void makeFiles() throws IOException {
        programs = Files.createDirectory(directory.resolve("programs"));
        image = Files.write(directory.resolve("disk.vmdk"), vmdk(2048));
    }

    @Test
    void shouldSayWhatToInstall() {
        assertThatThrownBy(() -> open("/nowhere::relative", image, OtherFormat.VMDK, false))
                .isInstanceOf(QemuException.class)
                .hasMessage(image + " can be read only through QEMU's qemu-nbd (vmdk), which is not installed: "
                        + "install it (Debian: apt install qemu-utils), or say --format raw to import its bytes as "
                        + "they are");
    }

    @Test
    void shouldPassOnTheLastWordOfTheTool() throws IOException {
        program("echo 'qemu-nbd: warning: something' >&2; "
                + "echo \"qemu-nbd: Failed to blk_new_open '$6': Could not open '$6': Not a disk\" >&2; exit 1");

        assertThatThrownBy(() -> open(image, OtherFormat.VMDK, true))
                .isInstanceOf(QemuException.class)
                .hasMessage(image + " cannot be read through qemu-nbd (vmdk): Not a disk");
        assertThat(notices).isEmpty();
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void shouldBearAToolThatSaysNothing() throws IOException {
        program("exit 0");

        assertThatThrownBy(() -> open(image, OtherFormat.VMDK, false))
                .isInstanceOf(QemuException.class)
                .hasMessageContaining("it gave no reason; or say --format raw");
    }

    @Test
    void shouldSayWhatTheCheckFinds() throws IOException {
        Path checker = program("qemu-img", "echo 'ERROR: cluster 3 lies behind the end'; echo 'and more' >&2; exit 2");
        OtherFile seen = new OtherFile(image, OtherFormat.VMDK, false, List.of());

        assertThatThrownBy(() -> new QemuCheck(checker, seen).run())
                .isInstanceOf(QemuException.class)
                .hasMessage(image + " cannot be read through qemu-nbd (vmdk), because qemu-img check finds damage: "
                        + "cluster 3 lies behind the end; or say --format raw to import its bytes as they are");
    }

    @Test
    void shouldKillAToolThatNeverListensWhenItIsInterrupted() throws Exception {
        Path id = directory.resolve("id");
        program("echo $$ > " + id + ".new; mv " + id + ".new " + id + "; exec sleep 1000");
        Throwable[] thrown = {null};
        Thread opening = new Thread(() -> thrown[0] = catchThrowable(() -> open(image, OtherFormat.VMDK, true)));
        opening.start();
        while (!Files.exists(id)) {
            Thread.onSpinWait();
        }
        long processId = Long.parseLong(Files.readString(id).strip());
        opening.interrupt();
        opening.join();

        assertThat(thrown[0]).isInstanceOf(InterruptedIOException.class);
        assertThat(ProcessHandle.of(processId).map(ProcessHandle::isAlive).orElse(false)).isFalse();
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void shouldGiveTheToolFormatAndFileOnly() throws IOException {
        Path said = directory.resolve("said");
        program("echo \"$@\" > " + said + "; exit 1");

        assertThatThrownBy(() -> open(image, OtherFormat.VMDK, true)).isInstanceOf(QemuException.class);

        assertThat(Files.readString(said)).matches("-r -f vmdk -k /\\S+/nbd " + image + "\n");
    }

    @Test
    void shouldNotStartTheToolOnFilesThatLeadElsewhere() throws IOException {
        program("touch " + directory + "/started; exit 1");
        Path text = Files.write(directory.resolve("text.vmdk"), vmdk(0));
        byte[] qed = new byte[4096];
        ByteBuffer.wrap(qed).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 0x00444551).putLong(16, 5);
        Path backedQed = Files.write(directory.resolve("backed.qed"), qed);
        byte[] qcow = new byte[4096];
        ByteBuffer.wrap(qcow).putLong(8, 48);
        Path backedQcow = Files.write(directory.resolve("backed.qcow"), qcow);

        assertThatThrownBy(() -> open(text, OtherFormat.VMDK, false)).hasMessageContaining("say --format vmdk");
        assertThatThrownBy(() -> open(image, OtherFormat.VMDK_TEXT, false)).hasMessageContaining("say --format vmdk");
        assertThatThrownBy(() -> open(backedQed, OtherFormat.QED, true))
                .hasMessageContaining("a backing file, which is not followed");
        assertThatThrownBy(() -> open(backedQcow, OtherFormat.QCOW, true))
                .hasMessageContaining("a backing file, which is not followed");
        assertThat(directory.resolve("started")).doesNotExist();
        assertThatThrownBy(() -> open(text, OtherFormat.VMDK, true)).hasMessageContaining("gave no reason");
        assertThat(directory.resolve("started")).exists();
    }

    @Test
    void shouldAllowWhatWasOpenedByTheRulesForParents() throws IOException {
        String key = OpenFiles.key(image);
        Path near = directory.toRealPath().resolve("flat.vmdk");
        Path far = Path.of("/etc/hostname");
        OtherFile said = new OtherFile(image, OtherFormat.VMDK, true, List.of());
        OtherFile seen = new OtherFile(image, OtherFormat.VMDK, false, List.of(Path.of("/etc")));
        OtherFile wide = new OtherFile(image, OtherFormat.VMDK, true, List.of(Path.of("/etc")));

        QemuNbd.requireAllowed(new OpenFiles(List.of(image), List.of(key), 2), seen, key);
        QemuNbd.requireAllowed(new OpenFiles(List.of(image, near), List.of(key, "b"), 2), said, key);
        QemuNbd.requireAllowed(new OpenFiles(List.of(far, image), List.of("b", key), 2), wide, key);
        assertRefused(new OpenFiles(List.of(image, near), List.of(key, "b"), 2), seen, "say --format vmdk");
        assertRefused(new OpenFiles(List.of(image, far), List.of(key, "b"), 2), said, "--parent-dir DIR");
        assertRefused(new OpenFiles(List.of(image), List.of(key), 3), said, "another machine");
        assertRefused(new OpenFiles(List.of(image), List.of("b"), 2), said, "was replaced");
        assertRefused(new OpenFiles(List.of(), List.of(), 2), said, "was replaced");
    }

    @Test
    void shouldSeeWhatAProcessHasOpen() throws IOException {
        try (FileChannel open = FileChannel.open(image)) {
            OpenFiles found = OpenFiles.of(ProcessHandle.current().pid());

            assertThat(open.isOpen()).isTrue();
            assertThat(found.files()).contains(image.toRealPath());
            assertThat(found.keys()).contains(OpenFiles.key(image));
        }
        assertThat(OpenFiles.of(ProcessHandle.current().pid()).files()).doesNotContain(image.toRealPath());
    }

    private static void assertRefused(OpenFiles found, OtherFile file, String why) throws IOException {
        String key = OpenFiles.key(file.path());
        assertThatThrownBy(() -> QemuNbd.requireAllowed(found, file, key))
                .isInstanceOf(QemuException.class).hasMessageContaining(why).hasMessageContaining(file.path() + "");
    }

    private void open(Path file, OtherFormat format, boolean said) throws IOException {
        open(programs.toString(), file, format, said);
    }

    private void open(String searchPath, Path file, OtherFormat format, boolean said) throws IOException {
        new QemuNbd(searchPath, notices::add).open(new NativeFileSpace(),
                new OtherFile(file, format, said, List.of())).close();
    }

    private void program(String script) throws IOException {
        program("qemu-nbd", script);
    }

    private Path program(String name, String script) throws IOException {
        Path program = Files.writeString(programs.resolve(name), "#!/bin/sh\n" + script + "\n");
        return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    private static List<Path> leftovers() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("varve-import")).toList();
        }
    }

    private static byte[] vmdk(long capacity) {
        byte[] bytes = new byte[4096];
        System.arraycopy("KDMV".getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, 4);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(12, capacity);
        return bytes;
    }
}
