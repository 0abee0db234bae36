package io.varve.perf.macro;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A program that a run needs, and the Debian package that brings it.
 *
 * <p>Immutable.
 */
public record Tool(String command, String debianPackage) {
    static final Tool FIO = new Tool("fio", "fio");
    public static final Tool NBDKIT = new Tool("nbdkit", "nbdkit");
    static final Tool QEMU_NBD = new Tool("qemu-nbd", "qemu-utils");
    static final Tool QEMU_IMG = new Tool("qemu-img", "qemu-utils");
    static final Tool CC = new Tool("cc", "gcc libc6-dev");

    boolean present() {
        for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            if (Files.isExecutable(Path.of(directory, command))) {
                return true;
            }
        }
        return false;
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
