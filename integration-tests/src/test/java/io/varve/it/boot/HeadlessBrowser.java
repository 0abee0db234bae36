package io.varve.it.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.tool.Tool;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;

/** Opens a page of a file in Chromium, without a network. Owned by the thread of the test. */
final class HeadlessBrowser {

    /** How the page's own time passes, at once; the browser ends when it has. */
    private static final List<String> OPTIONS = List.of("--headless", "--no-sandbox", "--disable-gpu",
            "--hide-scrollbars", "--disable-dev-shm-usage", "--enable-logging=stderr", "--virtual-time-budget=5000",
            "--host-resolver-rules=MAP * ~NOTFOUND");

    private final Path profile;

    /** @param profile directory of its own */
    HeadlessBrowser(Path profile) {
        this.profile = profile;
    }

    /** The page as its script has left it, which said nothing on the console. */
    String dom(Path page) {
        return open(page, "--dump-dom");
    }

    /** A picture of it. @param dark whether the user prefers dark colours */
    BufferedImage picture(Path page, Path png, int width, boolean dark) throws IOException {
        open(page, "--screenshot=" + png, "--window-size=" + width + ",2200",
                "--blink-settings=preferredColorScheme=" + (dark ? 0 : 1));
        return ImageIO.read(png.toFile());
    }

    private String open(Path page, String... options) {
        List<Object> command = new ArrayList<>(List.of("chromium", "--user-data-dir=" + profile));
        command.addAll(OPTIONS);
        command.addAll(Arrays.asList(options));
        command.add(page.toUri().toString());
        Tool.Outcome outcome = Tool.of(command.toArray()).within(Duration.ofMinutes(2)).run().orFail();
        assertThat(outcome.err()).doesNotContain(":CONSOLE");
        return outcome.out();
    }

    /** Elements of a class. */
    static int count(String dom, String kind) {
        return (int) Pattern.compile("class=\"" + kind + "\\b").matcher(dom).results().count();
    }
}
