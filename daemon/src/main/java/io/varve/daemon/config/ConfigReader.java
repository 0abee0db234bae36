package io.varve.daemon.config;

import io.varve.daemon.access.AccessRule;
import io.varve.daemon.access.AccessRule.Rights;
import io.varve.daemon.access.ExportAccess;
import io.varve.daemon.access.ExportAccess.Clients;
import io.varve.daemon.access.ImagePattern;
import io.varve.daemon.access.NamePattern;
import io.varve.daemon.access.Network;
import io.varve.daemon.config.ListenerSettings.Secrets;
import io.varve.daemon.config.ListenerSettings.Tls;
import io.varve.daemon.io.Pages;
import io.varve.daemon.serve.Limits;
import io.varve.daemon.serve.ListenAddress;
import io.varve.daemon.store.ImageName;
import io.varve.daemon.store.OverlayMode;
import io.varve.daemon.store.OverlayPolicy;
import io.varve.daemon.store.UpkeepPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * Turns the tables of a file into settings, and notes what is wrong with them.
 *
 * <p>Owned by the thread that reads the file.
 */
final class ConfigReader {

    private static final int MAX_AGENTS = 64;
    private static final int MAX_LAYERS = 65_536;
    private static final int MAX_CONNECTIONS = 1_000_000;
    private static final int MAX_DESCRIPTION_LENGTH = 1024;
    private static final int MAX_MODE = 0777;
    private static final Duration MAX_TIME = Duration.ofDays(365);
    /** Bytes; the largest request has to fit. */
    private static final long MIN_CLIENT_MEMORY_LENGTH = 64L << 20;

    private final Path directory;
    private final UserTable users;
    private final Mistakes mistakes;

    /** @param directory that relative paths start from: the one of the file */
    ConfigReader(Path directory, UserTable users, Mistakes mistakes) {
        this.directory = directory;
        this.users = users;
        this.mistakes = mistakes;
    }

    Config read(TomlTable file) {
        Section top = new Section(file, TomlPosition.positionAt(1, 1), "", Keys.TOP, mistakes);
        return new Config(
                path(top, "store"),
                top.integer("agents", 0, 1, MAX_AGENTS),
                top.size("memory", 0, OverlayPolicy.MIN_MEMORY_LENGTH),
                listeners(top),
                exports(top),
                limits(top.table("limits", Keys.LIMITS)),
                upkeep(top.table("upkeep", Keys.UPKEEP)));
    }

    private Optional<Path> path(Section section, String key) {
        return section.parsed(key, Optional.empty(), "a path, as in \"/srv/varve\"", text -> {
            if (text.isEmpty()) {
                throw new IllegalArgumentException("is empty, write a path");
            }
            return Optional.of(directory.resolve(text).normalize());
        });
    }

    private List<ListenerSettings> listeners(Section top) {
        List<ListenerSettings> listeners = new ArrayList<>();
        Set<ListenAddress> addresses = new HashSet<>();
        for (Section section : top.tables("listener", Keys.LISTENER)) {
            String allowed = "\"unix:///path\" or \"tcp://host:port\"";
            section.require("uri", allowed);
            ListenAddress address = section.parsed("uri", null, allowed, ListenAddress::parse);
            if (address != null && !addresses.add(address)) {
                section.mistake("uri", address + " is listened on twice, once is allowed");
            }
            OptionalInt mode = section.parsed("mode", OptionalInt.empty(), "octal digits, as in \"0660\"",
                    ConfigReader::mode);
            if (mode.isPresent() && address instanceof ListenAddress.Tcp) {
                section.mistake("mode", "is for unix sockets, leave it out here");
            }
            listeners.add(secured(section, address, mode));
        }
        return listeners;
    }

    private ListenerSettings secured(Section section, ListenAddress address, OptionalInt mode) {
        Tls tls = section.parsed("tls", Tls.OFF, "\"off\", \"on\" or \"require\"", ConfigReader::tls);
        Secrets secrets = new Secrets(path(section, "certificates"), path(section, "psk"));
        boolean verifyPeer = section.flag("verify-peer", false);
        if (tls != Tls.OFF && secrets.isEmpty() && !section.has("certificates") && !section.has("psk")) {
            section.mistake("tls", "needs keys, write certificates = \"DIRECTORY\" or psk = \"FILE\" beside it");
        }
        if (!section.has("tls")) {
            for (String key : List.of("certificates", "psk", "verify-peer")) {
                if (section.has(key)) {
                    section.mistake(key, "is for TLS, write tls = \"on\" or tls = \"require\" beside it");
                }
            }
        }
        if (verifyPeer && secrets.certificates().isEmpty() && !section.has("certificates")) {
            section.mistake("verify-peer", "is for certificates, write certificates = \"DIRECTORY\" beside it");
        }
        return new ListenerSettings(address, mode, tls, secrets, verifyPeer);
    }

    private static Tls tls(String text) {
        return switch (text) {
            case "off" -> Tls.OFF;
            case "on" -> Tls.ON;
            case "require" -> Tls.REQUIRE;
            default -> throw new IllegalArgumentException("'" + text + "' is none of off, on, require");
        };
    }

    private static OptionalInt mode(String text) {
        if (!text.matches("[0-7]{3,4}") || Integer.parseInt(text, 8) > MAX_MODE) {
            throw new IllegalArgumentException("'" + text + "' are no permissions, write octal digits, as in \"0660\"");
        }
        return OptionalInt.of(Integer.parseInt(text, 8));
    }

    private List<ExportSettings> exports(Section top) {
        List<ExportSettings> exports = new ArrayList<>();
        Set<ImagePattern> patterns = new HashSet<>();
        for (Section section : top.tables("export", Keys.EXPORT)) {
            String allowed = "the name of an image, or a pattern, as in \"win:*\"";
            section.require("image", allowed);
            ImagePattern pattern = section.parsed("image", ImagePattern.ALL, allowed, ConfigReader::pattern);
            if (section.has("image") && !patterns.add(pattern)) {
                section.mistake("image", "'" + pattern + "' stands in an export above, once is allowed");
            }
            boolean readOnly = section.flag("read-only", false);
            OverlayMode mode = section.parsed("overlay", readOnly ? OverlayMode.NONE : OverlayMode.PERSISTENT,
                    "one of persistent, ephemeral, reset-on-boot, memory, none", OverlayMode::parse);
            if (readOnly && mode != OverlayMode.NONE) {
                section.mistake("overlay", "'" + mode.text() + "' is for writes, leave it or read-only out");
            }
            ExportAccess access = new ExportAccess(pattern,
                    section.parsed("description", "", "a text", ConfigReader::description), rules(section),
                    clients(section));
            exports.add(new ExportSettings(access, mode, section.size("quota", 0, Pages.PAGE_SIZE)));
        }
        return exports;
    }

    private static Clients clients(Section export) {
        boolean fromCertificate = export.flag("client-from-certificate", false);
        boolean fromKey = export.flag("client-from-psk", false);
        if (fromCertificate && fromKey) {
            export.mistake("client-from-psk", "is for an export without client-from-certificate: the user of a key "
                    + "could have the name, and the overlay, of a certificate");
        }
        return fromCertificate ? Clients.FROM_CERTIFICATE : fromKey ? Clients.FROM_KEY : Clients.CHOOSE;
    }

    private static ImagePattern pattern(String text) {
        ImageName.parse(text.replace('*', 'x'));
        return new ImagePattern(text);
    }

    private static String description(String text) {
        if (text.length() > MAX_DESCRIPTION_LENGTH || text.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("is no description, one line of at most " + MAX_DESCRIPTION_LENGTH
                    + " characters is allowed");
        }
        return text;
    }

    /** Without rules the export is for everybody. */
    private List<AccessRule> rules(Section export) {
        List<AccessRule> rules = new ArrayList<>();
        for (Section section : export.tables("rule", Keys.RULE)) {
            List<Long> userIds = section.list("users", "users, by name or number", users::userId);
            List<Network> networks = section.list("addresses", "addresses or networks, as in \"10.0.0.0/8\"",
                    text(Network::parse));
            List<NamePattern> names = section.list("certificates", "names of certificates", text(NamePattern::new));
            List<NamePattern> keyUsers = section.list("psk", "users of pre-shared keys", text(NamePattern::new));
            rules.add(new AccessRule(Set.copyOf(userIds), networks, Set.copyOf(names), Set.copyOf(keyUsers),
                    section.flag("write", true) ? Rights.WRITE : Rights.READ));
        }
        return rules.isEmpty() && !export.has("rule") ? List.of(AccessRule.EVERYBODY) : rules;
    }

    private static <T> Function<Object, T> text(Function<String, T> parse) {
        return value -> {
            if (value instanceof String text) {
                return parse.apply(text);
            }
            throw new IllegalArgumentException("is a number, write a text");
        };
    }

    private static Limits limits(Section section) {
        Limits usual = Limits.DEFAULT;
        Duration second = Duration.ofSeconds(1);
        return new Limits(
                section.integer("connections", usual.connectionCount(), 1, MAX_CONNECTIONS),
                section.integer("connections-per-peer", usual.connectionCountPerPeer(), 1, MAX_CONNECTIONS),
                section.duration("handshake-deadline", usual.handshakeDeadline(), second, MAX_TIME),
                section.duration("idle-deadline", usual.idleDeadline(), Duration.ZERO, MAX_TIME),
                section.duration("stall-deadline", usual.stallDeadline(), Duration.ZERO, MAX_TIME),
                section.size("memory", usual.memoryLength(), MIN_CLIENT_MEMORY_LENGTH));
    }

    private static UpkeepPolicy upkeep(Section section) {
        UpkeepPolicy usual = UpkeepPolicy.DEFAULT;
        return new UpkeepPolicy(
                section.size("scrub-rate", usual.scrubRate(), 0),
                section.integer("max-layers", usual.maxLayerCount(), 0, MAX_LAYERS),
                section.size("copy-rate", usual.copyRate(), 0),
                section.flag("boot-packs", usual.bootPacks()));
    }
}
