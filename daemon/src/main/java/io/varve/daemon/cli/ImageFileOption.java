package io.varve.daemon.cli;

import io.varve.daemon.format.ImageFormat;
import io.varve.daemon.store.ImageLink;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.NameException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * The option {@code --image-file [NAME=]FILE}.
 *
 * <p>Thread-safe because it keeps nothing.
 */
final class ImageFileOption {

    private ImageFileOption() {}

    /** @throws ParameterException if there can be no such image */
    static ImageLink parse(
            String text, String format, List<Path> parentDirectories, boolean imported, CommandLine command) {
        int equals = text.indexOf('=');
        String fileName = text.substring(equals + 1);
        Path file = Path.of(fileName);
        if (fileName.isEmpty() || file.getFileName() == null) {
            throw new ParameterException(command, "--image-file '" + text + "' names no file: FILE, or NAME=FILE");
        }
        try {
            ImageName image = ImageName.parse(equals < 0 ? stem(file) : text.substring(0, equals));
            return new ImageLink(image, file, format(format, command), parentDirectories, imported);
        } catch (NameException e) {
            throw new ParameterException(command, "--image-file '" + text + "': " + e.getMessage()
                    + ": choose another name with --image-file NAME=" + fileName);
        }
    }

    private static String stem(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    /** Null for auto. */
    private static ImageFormat format(String text, CommandLine command) {
        if (text.equals("auto")) {
            return null;
        }
        return ImageFormat.ofOption(text).orElseThrow(() -> new ParameterException(command,
                "--image-format is auto, " + ImageFormat.optionNames() + ", not '" + text + "'"));
    }
}
