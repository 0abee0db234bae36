package io.varve.daemon.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageNameTest {

    @Test
    void shouldImplyTheTagLatest() {
        assertThat(ImageName.parse("win")).isEqualTo(new ImageName("win", "latest"));
        assertThat(ImageName.parse("win:latest")).hasToString("win");
        assertThat(ImageName.parse("lab/win11:2026-11")).hasToString("lab/win11:2026-11");
    }

    @Test
    void shouldSplitAnExportIntoImageAndClient() {
        ExportName export = ExportName.parse("lab/win:v2@pc-07");
        assertThat(export.image()).isEqualTo(new ImageName("lab/win", "v2"));
        assertThat(export.client()).contains("pc-07");
        assertThat(export).hasToString("lab/win:v2@pc-07").isEqualTo(ImageName.parse("lab/win:v2").at("pc-07"));
        assertThat(ExportName.parse("win").client()).isEmpty();
    }

    @Test
    void shouldTakeAMacAddressAsClient() {
        assertThat(ExportName.parse("win@52:54:00:12:34:56").client()).contains("52:54:00:12:34:56");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", ".", "..", "/", "/etc/passwd", "../win", "win/..", "win/../../etc", "win//x", "win/", "win/.hidden", "-rf",
        "_x", "win x", "win\nx", "win\u0000", "win\\x", "w%2F", "wïn", "win:", ":v1", "win:v/1", "win:..", "win:v1:v2",
        "win@", "win@pc@pc", "win@..", "win@a/b", "win@../../x", "@pc", "win@.x", "win\u202e"
    })
    void shouldRefuseHostileNames(String text) {
        assertThatThrownBy(() -> ExportName.parse(text)).isInstanceOf(NameException.class).satisfies(
                e -> assertThat(e.getMessage()).matches("[ -~]+"));
    }

    @Test
    void shouldRefuseNamesThatAreTooLong() {
        assertThat(ImageName.parse("a".repeat(120) + ":" + "b".repeat(64)).name()).hasSize(120);
        assertThatThrownBy(() -> ImageName.parse("a".repeat(121))).hasMessageContaining("at most 120");
        assertThatThrownBy(() -> ImageName.parse("a:" + "b".repeat(65))).hasMessageContaining("at most 64");
        assertThatThrownBy(() -> ExportName.parse("a@" + "b".repeat(65))).hasMessageContaining("at most 64");
    }

    @Test
    void shouldRefuseAClientWhereAnImageIsMeantAndTheReverse() {
        assertThatThrownBy(() -> ImageName.parse("win@pc")).isInstanceOf(NameException.class);
        assertThatThrownBy(() -> ExportName.parseWithClient("win")).isInstanceOf(NameException.class);
    }

    @Test
    void shouldBecomeOnePathComponentAndComeBack() {
        String longest = "a/".repeat(59) + "ab";
        for (String name : List.of("win", "lab/win", "a.b-c_d", longest)) {
            String component = Names.encode(Names.checkImage(name));
            assertThat(Path.of(component).getNameCount()).isOne();
            assertThat(component.length()).isLessThanOrEqualTo(255);
            assertThat(Names.decode(component)).isEqualTo(name);
        }
    }
}
