package io.varve.daemon.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.daemon.access.AccessRule.Rights;
import io.varve.daemon.access.ExportAccess.Clients;
import io.varve.nbd.export.Export;
import io.varve.nbd.export.ExportDirectory;
import io.varve.nbd.export.ExportException;
import io.varve.nbd.export.ExportException.Kind;
import io.varve.nbd.export.ExportInfo;
import io.varve.nbd.export.ExportInfo.Feature;
import io.varve.nbd.export.Peer;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessDirectoryTest {

    private static final Peer ALICE = Peer.unix(1001);
    private static final Peer LAB = Peer.tcp("10.0.7.3");
    private static final Peer SEAT = Peer.tcp("10.0.7.3").secured("seat1", List.of("seat1.lab.example"));

    private final Images images = new Images();

    /** Serves the images {@code win:7}, {@code win:8} and {@code debian}. */
    private static final class Images implements ExportDirectory {

        private final List<String> asked = new ArrayList<>();

        @Override
        public List<Listing> list() {
            return List.of(new Listing("debian", "of the store"), new Listing("win:7", ""), new Listing("win:8", ""));
        }

        @Override
        public ExportInfo describe(String name) throws ExportException {
            asked.add(name);
            String image = name.split("@", 2)[0].replace(":latest", "");
            if (!List.of("debian", "win:7", "win:8").contains(image)) {
                throw new ExportException(Kind.UNKNOWN, "there is no " + name + ", look elsewhere");
            }
            return new ExportInfo(name, "of the store", 4096,
                    EnumSet.of(Feature.FLUSH, Feature.FUA, Feature.TRIM), 4096, List.of());
        }

        @Override
        public Export open(String name) throws ExportException {
            ExportInfo info = describe(name);
            return (Export) Proxy.newProxyInstance(Export.class.getClassLoader(), new Class<?>[] {Export.class},
                    (proxy, method, arguments) -> method.getName().equals("info") ? info : null);
        }
    }

    private static ExportAccess export(String pattern, Clients clients, AccessRule... rules) {
        return new ExportAccess(new ImagePattern(pattern), "", List.of(rules), clients);
    }

    private static AccessRule user(long userId, Rights rights) {
        return new AccessRule(Set.of(userId), List.of(), Set.of(), Set.of(), rights);
    }

    private static AccessRule network(String network) {
        return new AccessRule(Set.of(), List.of(Network.parse(network)), Set.of(), Set.of(), Rights.WRITE);
    }

    private AccessDirectory directory(ExportAccess... exports) {
        return new AccessDirectory(images, new AccessPolicy(List.of(exports)));
    }

    private static List<String> names(ExportDirectory directory) {
        return directory.list().stream().map(ExportDirectory.Listing::name).toList();
    }

    private static String refusal(ExportDirectory directory, String name) {
        ExportException described = catchThrowableOfType(ExportException.class, () -> directory.describe(name));
        ExportException opened = catchThrowableOfType(ExportException.class, () -> directory.open(name));
        assertThat(described.kind()).isEqualTo(Kind.UNKNOWN).isEqualTo(opened.kind());
        assertThat(described).hasMessage(opened.getMessage());
        return described.getMessage();
    }

    @Test
    void shouldShowEverythingWithoutRules() throws ExportException {
        ExportDirectory open = new AccessDirectory(images, AccessPolicy.OPEN).forPeer(ALICE);

        assertThat(open.list()).isEqualTo(images.list());
        assertThat(open.describe("win:7@seat1")).isEqualTo(images.describe("win:7@seat1"));
    }

    @Test
    void shouldShowEachClientItsOwn() {
        AccessDirectory directory = directory(
                export("win:*", Clients.CHOOSE, network("10.0.7.0/24")),
                export("debian", Clients.CHOOSE, user(1001, Rights.WRITE)));

        assertThat(names(directory.forPeer(ALICE))).containsExactly("debian");
        assertThat(names(directory.forPeer(LAB))).containsExactly("win:7", "win:8");
        assertThat(names(directory.forPeer(Peer.unix(1002)))).isEmpty();
        assertThat(names(directory)).isEmpty();
    }

    @Test
    void shouldSayTheSameOfWhatIsForbiddenAndWhatIsMissing() {
        ExportDirectory alices = directory(
                export("debian", Clients.CHOOSE, user(1001, Rights.WRITE)),
                export("*", Clients.CHOOSE, user(7, Rights.WRITE))).forPeer(ALICE);

        assertThat(refusal(alices, "win:7")).isEqualTo("no such export: 'win:7' is not served here");
        assertThat(images.asked).as("a forbidden name never reaches the store").isEmpty();
        assertThat(refusal(alices, "win:9")).isEqualTo("no such export: 'win:9' is not served here");
        assertThat(refusal(directory(export("win:*", Clients.CHOOSE, user(1001, Rights.WRITE))).forPeer(ALICE),
                "win:9")).isEqualTo("no such export: 'win:9' is not served here");
    }

    @ParameterizedTest
    @ValueSource(strings = {"win:7", "win:7@seat1", "win:7:latest", "@", "", "win:7@", "\u0000", "debian@a@b"})
    void shouldRefuseEveryFormOfAName(String name) {
        ExportDirectory nobodys = directory(
                export("win:7", Clients.CHOOSE, user(7, Rights.WRITE))).forPeer(ALICE);

        assertThat(refusal(nobodys, name)).startsWith("no ");
        assertThat(images.asked).isEmpty();
    }

    @Test
    void shouldTakeTheImpliedTagForNone() throws ExportException {
        ExportDirectory alices = directory(
                export("debian:latest", Clients.CHOOSE, user(1001, Rights.WRITE))).forPeer(ALICE);

        assertThat(alices.describe("debian").size()).isEqualTo(4096);
        assertThat(alices.describe("debian:latest@x").size()).isEqualTo(4096);
        assertThat(names(alices)).containsExactly("debian");
    }

    @Test
    void shouldTakeTheOnlyVisibleExportForTheDefault() throws ExportException {
        AccessDirectory directory = directory(
                export("debian", Clients.CHOOSE, user(1001, Rights.WRITE)),
                export("win:*", Clients.CHOOSE, network("10.0.7.0/24")));

        assertThat(directory.forPeer(ALICE).describe("").name()).isEqualTo("debian");
        assertThat(refusal(directory.forPeer(LAB), "")).startsWith("no default export: 2 images");
    }

    @Test
    void shouldBindClientsToTheirCertificates() throws ExportException {
        AccessDirectory directory = directory(
                export("win:*", Clients.FROM_CERTIFICATE, AccessRule.EVERYBODY));
        ExportDirectory seats = directory.forPeer(SEAT);

        assertThat(seats.describe("win:7@seat1").name()).isEqualTo("win:7@seat1");
        assertThat(seats.open("win:7").info().name()).isEqualTo("win:7@seat1");
        assertThat(refusal(seats, "win:7@seat2")).isEqualTo("no such export: 'win:7@seat2' is not served here");
        assertThat(refusal(seats, "win:7@seat1@seat1")).startsWith("no such export");
        assertThat(names(seats)).containsExactly("win:7", "win:8");
        assertThat(names(directory.forPeer(LAB))).isEmpty();
        assertThat(refusal(directory.forPeer(LAB), "win:7@seat1")).startsWith("no such export");
    }

    @Test
    void shouldAdmitByAnyNameOfACertificateWhenAllListsHold() {
        AccessRule rule = new AccessRule(
                Set.of(), List.of(Network.parse("10.0.7.0/24")), Set.of(new NamePattern("seat1.lab.example")), Set.of(),
                Rights.WRITE);

        assertThat(rule.admits(SEAT)).isTrue();
        assertThat(rule.admits(LAB)).isFalse();
        assertThat(rule.admits(Peer.tcp("10.0.8.3").secured("seat1.lab.example", List.of()))).isFalse();
    }

    @Test
    void shouldNotTakeTheUserOfAKeyForACertificate() throws ExportException {
        NamePattern seats = new NamePattern("seat*");
        Peer keyed = Peer.tcp("10.0.7.3").securedByKey("seat1");
        AccessRule certificates = new AccessRule(Set.of(), List.of(), Set.of(seats), Set.of(), Rights.WRITE);
        AccessRule keys = new AccessRule(Set.of(), List.of(), Set.of(), Set.of(seats), Rights.WRITE);

        assertThat(certificates.admits(SEAT)).isTrue();
        assertThat(certificates.admits(keyed)).isFalse();
        assertThat(keys.admits(keyed)).isTrue();
        assertThat(keys.admits(SEAT)).isFalse();
        assertThat(keys.admits(LAB.secured("", List.of()))).isFalse();

        AccessDirectory bound = directory(export("win:7", Clients.FROM_CERTIFICATE, AccessRule.EVERYBODY),
                export("win:8", Clients.FROM_KEY, AccessRule.EVERYBODY));
        assertThat(names(bound.forPeer(keyed))).containsExactly("win:8");
        assertThat(bound.forPeer(keyed).open("win:8").info().name()).isEqualTo("win:8@seat1");
        assertThat(refusal(bound.forPeer(keyed), "win:8@seat2")).startsWith("no such export");
        assertThat(refusal(bound.forPeer(keyed), "win:7@seat1")).startsWith("no such export");
        assertThat(refusal(bound.forPeer(SEAT), "win:8@seat1")).startsWith("no such export");
    }

    @ParameterizedTest
    @CsvSource({"seat1,seat1,true", "seat1,seat12,false", "seat*,seat,true", "*,x,true", 
        "*,'',false", "a*b*c,axbxbc,true",
        "a*b*c,axbxb,false", "*.lab,lab,false", "s?,s1,false", "**a,ba,true", "a*,Ab,false", "seat*,'seat\n1',true"})
    void shouldMatchNames(String pattern, String name, boolean matches) {
        assertThat(new NamePattern(pattern).matches(name)).isEqualTo(matches);
    }

    @Test
    void shouldLetTheFirstRuleDecideWhoWrites() throws ExportException {
        AccessDirectory directory = directory(export("debian", Clients.CHOOSE,
                user(1001, Rights.READ), user(1002, Rights.WRITE), user(1001, Rights.WRITE)));
        ExportDirectory readers = directory.forPeer(ALICE);

        assertThat(readers.describe("debian").features()).containsOnly(Feature.FLUSH, Feature.READ_ONLY);
        assertThat(readers.open("debian").info()).isEqualTo(readers.describe("debian"));
        assertThat(directory.forPeer(Peer.unix(1002)).open("debian").info()).isEqualTo(images.describe("debian"));
    }

    @Test
    void shouldTellTheDescriptionOfTheFile() throws ExportException {
        ExportDirectory described = new AccessDirectory(images, new AccessPolicy(List.of(new ExportAccess(
                ImagePattern.ALL, "for the lab", List.of(AccessRule.EVERYBODY), Clients.CHOOSE)))).forPeer(ALICE);

        assertThat(described.list()).allMatch(listing -> listing.description().equals("for the lab"));
        assertThat(described.describe("debian").description()).isEqualTo("for the lab");
        assertThat(described.open("debian").info().description()).isEqualTo("for the lab");
    }

    @Test
    void shouldChangeForWhoeverNegotiates() throws ExportException {
        AccessDirectory directory = directory(export("debian", Clients.CHOOSE, user(1001, Rights.WRITE)));
        ExportDirectory alices = directory.forPeer(ALICE);

        directory.change(new AccessPolicy(List.of(export("win:*", Clients.CHOOSE, user(1001, Rights.WRITE)))));

        assertThat(names(alices)).containsExactly("win:7", "win:8");
        assertThat(refusal(alices, "debian")).startsWith("no such export");
    }

    @Test
    void shouldPassOnEveryRequest() {
        List<String> own = Arrays.stream(SeenExport.class.getDeclaredMethods()).map(Method::getName).toList();

        assertThat(Arrays.stream(Export.class.getMethods()).map(Method::getName)).allMatch(own::contains);
    }
}
