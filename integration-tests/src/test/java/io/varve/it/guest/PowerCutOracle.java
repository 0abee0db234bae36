package io.varve.it.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.it.guest.PowerCutScript.Kind;
import io.varve.it.guest.PowerCutScript.Step;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Knows from the console what the file system had promised, and compares it with what is there. Each thing must be as
 * the last acknowledged step left it, or as a later step did, whole.
 *
 * <p>Owned by the test.
 */
final class PowerCutOracle {

    /** Behind a step that is under way, words that were still in the console when the power went. */
    private static final int UNHEARD = 3;
    private static final int NOTHING_HEARD = -1;
    /** The last line may be cut, so a line counts with its end. */
    private static final Pattern ACKNOWLEDGEMENT =
            Pattern.compile(PowerCutWriter.ACKNOWLEDGED + " (\\d+) (\\d+)\r?\n");

    private final PowerCutScript script;
    private final int[] acknowledged = new int[PowerCutScript.WRITER_COUNT];

    PowerCutOracle(long seed, String console) {
        script = new PowerCutScript(seed);
        Arrays.fill(acknowledged, NOTHING_HEARD);
        Matcher line = ACKNOWLEDGEMENT.matcher(console);
        while (line.find()) {
            acknowledged[Integer.parseInt(line.group(1))] = Integer.parseInt(line.group(2));
        }
    }

    static int acknowledgementCount(String console) {
        return (int) ACKNOWLEDGEMENT.matcher(console).results().count();
    }

    /** @return things that were compared: files and pages */
    int check(Path root) throws IOException {
        int count = 0;
        for (int writer = 0; writer < acknowledged.length; writer++) {
            if (acknowledged[writer] != NOTHING_HEARD) {
                count += checkWriter(writer, root.resolve("" + writer));
            }
        }
        return count;
    }

    private int checkWriter(int writer, Path directory) throws IOException {
        Step[] slots = new Step[PowerCutScript.SLOT_COUNT];
        int[] pages = new int[PowerCutScript.PAGE_COUNT];
        for (int number = 1; number <= acknowledged[writer]; number++) {
            Step step = script.step(writer, number);
            if (step.kind() == Kind.IN_PLACE) {
                pages[step.target()] = number;
            } else {
                slots[step.target()] = step;
            }
        }
        for (int slot = 0; slot < slots.length; slot++) {
            checkSlot(writer, slot, slots[slot], directory.resolve("" + slot));
        }
        checkPages(writer, pages, Files.readAllBytes(directory.resolve(PowerCutWriter.PAGES)));
        return slots.length + pages.length;
    }

    private void checkSlot(int writer, int slot, Step last, Path file) throws IOException {
        String what = "writer " + writer + " slot " + slot + ": " + last + " of " + acknowledged[writer];
        boolean wasThere = last != null && last.kind() == Kind.REPLACE;
        if (!Files.exists(file)) {
            assertThat(wasThere && !underWay(writer, slot, Kind.REMOVE)).as(what + ", and no file").isFalse();
            return;
        }
        byte[] content = Files.readAllBytes(file);
        assertThat(content.length).as(what).isGreaterThanOrEqualTo(Integer.BYTES);
        int number = ByteBuffer.wrap(content).getInt();
        if (wasThere && number == last.number()) {
            assertThat(content).as(what).isEqualTo(script.content(writer, last));
            return;
        }
        assertThat(number).as(what).isBetween(acknowledged[writer] + 1, acknowledged[writer] + UNHEARD);
        Step later = script.step(writer, number);
        assertThat(later.kind()).as(what + ", found " + later).isEqualTo(Kind.REPLACE);
        assertThat(later.target()).as(what + ", found " + later).isEqualTo(slot);
        assertThat(content).as(what + ", found " + later).isEqualTo(script.content(writer, later));
    }

    private boolean underWay(int writer, int slot, Kind kind) {
        for (int number = acknowledged[writer] + 1; number <= acknowledged[writer] + UNHEARD; number++) {
            Step step = script.step(writer, number);
            if (step.kind() == kind && step.target() == slot) {
                return true;
            }
        }
        return false;
    }

    /** Each sector is of the last acknowledged step, or of a later one that writes this page. */
    private void checkPages(int writer, int[] numbers, byte[] content) {
        assertThat(content).hasSize(PowerCutScript.PAGE_COUNT * PowerCutScript.PAGE_SIZE);
        for (int at = 0; at < content.length; at += PowerCutScript.SECTOR_SIZE) {
            int page = at / PowerCutScript.PAGE_SIZE;
            int number = ByteBuffer.wrap(content).getInt(at);
            String what = "writer " + writer + " byte " + at + " of the pages: step " + number + ", acknowledged "
                    + numbers[page] + " of " + acknowledged[writer];
            if (number != numbers[page]) {
                assertThat(number).as(what).isBetween(acknowledged[writer] + 1, acknowledged[writer] + UNHEARD);
                assertThat(script.step(writer, number).target()).as(what).isEqualTo(page);
            }
            int inPage = at % PowerCutScript.PAGE_SIZE;
            byte[] expected = script.page(writer, page, number);
            assertThat(Arrays.copyOfRange(content, at, at + PowerCutScript.SECTOR_SIZE))
                    .as(what)
                    .isEqualTo(Arrays.copyOfRange(expected, inPage, inPage + PowerCutScript.SECTOR_SIZE));
        }
    }
}
