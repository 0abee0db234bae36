package io.varve.perf.macro;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A program that a run needs, and the Debian package that brings it.
 *
 * <p>Immutable.
 */
public record Tool(String command, String debianPackage) {
    public static final Tool FIO = new Tool("fio", "fio");
    public static final Tool NBDKIT = new Tool("nbdkit", "nbdkit");
    public static final Tool NGINX = new Tool("nginx", "nginx-light");
    public static final Tool QEMU_SYSTEM = new Tool("qemu-system-x86_64", "qemu-system-x86");
    public static final Tool DEBOOTSTRAP = new Tool("debootstrap", "debootstrap");
    public static final Tool BUSYBOX = new Tool("busybox", "busybox-static");
    public static final Tool CPIO = new Tool("cpio", "cpio");
    public static final Tool MODPROBE = new Tool("modprobe", "kmod");
    public static final Tool MKE2FS = new Tool("mke2fs", "e2fsprogs");
    static final Tool QEMU_NBD = new Tool("qemu-nbd", "qemu-utils");
    static final Tool QEMU_IMG = new Tool("qemu-img", "qemu-utils");
    static final Tool QEMU_IO = new Tool("qemu-io", "qemu-utils");
    static final Tool NBD_SERVER = new Tool("nbd-server", "nbd-server");
    static final Tool VMTOUCH = new Tool("vmtouch", "vmtouch");
    static final Tool STRACE = new Tool("strace", "strace");
    static final Tool CC = new Tool("cc", "gcc libc6-dev");

    /** Where servers are, which a user's PATH need not have. */
    private static final String SYSTEM_DIRECTORIES = "/usr/sbin" + File.pathSeparator + "/sbin";

    /** The program's file, or the plain name where there is none. */
    public String path() {
        return file().map(Path::toString).orElse(command);
    }

    boolean present() {
        return file().isPresent();
    }

    private Optional<Path> file() {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + SYSTEM_DIRECTORIES;
        return Stream.of(path.split(File.pathSeparator))
                .map(directory -> Path.of(directory, command))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** @throws PerfException that names all missing programs and the line that installs them. */
    public static void require(Collection<Tool> tools) throws PerfException {
        List<Tool> missing = tools.stream().filter(tool -> !tool.present()).distinct().toList();
        if (!missing.isEmpty()) {
            throw new PerfException("missing: "
                    + missing.stream().map(Tool::command).collect(Collectors.joining(", "))
                    + "; install with: apt-get install -y "
                    + missing.stream().map(Tool::debianPackage).distinct().collect(Collectors.joining(" ")));
        }
    }
}
