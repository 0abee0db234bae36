package io.varve.it.house;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * House rules that need the compiled classes: who knows whom, and which calls are out of place. Each returns one line
 * per breach.
 *
 * <p>Immutable.
 */
final class ArchRules {

    static final int MAX_CONSTRUCTOR_ARGUMENTS = 7;

    /** Rank of each room of the daemon; the daemon's own package, the wiring, stands above all. */
    private static final Map<String, Integer> RANKS = Map.ofEntries(
            Map.entry("io", 1), Map.entry("counters", 1),
            Map.entry("extent", 2), Map.entry("format", 2), Map.entry("cache", 2),
            Map.entry("layer", 3), Map.entry("remote", 3), Map.entry("overlay", 3), Map.entry("boot", 3),
            Map.entry("disk", 4),
            Map.entry("store", 5), Map.entry("serve", 5), Map.entry("access", 5),
            Map.entry("transfer", 6), Map.entry("control", 6), Map.entry("cli", 6), Map.entry("config", 6),
            Map.entry("", 7));

    private static final Set<String> INTEGERS = Set.of("boolean", "byte", "char", "short", "int", "long");

    private final String root;

    /** @param root package of the product, {@code io.varve} */
    ArchRules(String root) {
        this.root = root;
    }

    /** A room of the daemon imports lower ranks only; serve and disk never see each other. */
    List<String> ranks(Collection<JavaClass> classes) {
        List<String> breaches = new ArrayList<>();
        for (JavaClass origin : classes) {
            String room = room(origin).orElse(null);
            if (room == null) {
                continue;
            }
            if (!RANKS.containsKey(room)) {
                breaches.add(origin.getName() + " is in a room without a rank: give " + room + " one in ArchRules");
                continue;
            }
            for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                room(dependency.getTargetClass()).filter(target -> !target.equals(room)).ifPresent(target -> {
                    if (RANKS.getOrDefault(target, 0) >= RANKS.get(room)) {
                        breaches.add(described(dependency) + ": a room imports only lower ranks");
                    } else if (Set.of(room, target).equals(Set.of("serve", "disk"))) {
                        breaches.add(described(dependency) + ": serve and disk meet only through nbd.export");
                    }
                });
            }
        }
        return breaches;
    }

    private Optional<String> room(JavaClass type) {
        String daemon = root + ".daemon";
        String name = type.getPackageName();
        if (name.equals(daemon)) {
            return Optional.of("");
        }
        return name.startsWith(daemon + ".")
                ? Optional.of(name.substring(daemon.length() + 1).split("\\.")[0])
                : Optional.empty();
    }

    /** What each module may know beside itself and the JDK. */
    List<String> modules(Collection<JavaClass> classes) {
        List<String> breaches = new ArrayList<>();
        for (JavaClass origin : classes) {
            for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                String target = dependency.getTargetClass().getPackageName();
                if (in(origin, "nbd") && !startsWithAny(target, root + ".nbd", "java", "org.agrona")) {
                    breaches.add(described(dependency) + ": nbd knows the JDK and Agrona's buffers, nothing else");
                }
                if (in(origin, "shim") && startsWithAny(target, root + ".nbd", root + ".daemon")) {
                    breaches.add(described(dependency) + ": the native shim knows nothing of the product");
                }
                if (startsWithAny(target, "jnr") && !in(origin, "shim") && !in(origin, "daemon.control")) {
                    breaches.add(described(dependency) + ": jnr stays inside io.varve.shim and daemon.control");
                }
            }
        }
        return breaches;
    }

    /** jnr-ffi's stubs pass garbage as the sixth of exactly six primitive integers. */
    List<String> sixIntegerCalls(Collection<JavaClass> classes) {
        return classes.stream()
                .filter(type -> type.isInterface() && in(type, "shim.libc"))
                .flatMap(type -> type.getMethods().stream())
                .filter(method -> method.getRawParameterTypes().size() == 6)
                .filter(method -> method.getRawParameterTypes().stream().allMatch(t -> INTEGERS.contains(t.getName())))
                .map(method -> method.getFullName() + " has exactly six integer arguments: make one a pointer, or use "
                        + "jffi's Invoker.invokeL6")
                .toList();
    }

    List<String> constructorArguments(Collection<JavaClass> classes) {
        return classes.stream()
                .filter(type -> !type.isAnonymousClass() && !type.isLocalClass())
                .flatMap(type -> type.getConstructors().stream())
                .filter(constructor -> written(constructor) > MAX_CONSTRUCTOR_ARGUMENTS)
                .map(constructor -> constructor.getFullName() + " has " + written(constructor) + " arguments, at most "
                        + MAX_CONSTRUCTOR_ARGUMENTS + ": some of them belong together")
                .toList();
    }

    /** Arguments in the source; the compiler adds two to an enum's and one to an inner class's. */
    private static int written(JavaConstructor constructor) {
        JavaClass type = constructor.getOwner();
        int added = type.isEnum() ? 2 : isInner(type) ? 1 : 0;
        return constructor.getRawParameterTypes().size() - added;
    }

    private static boolean isInner(JavaClass type) {
        return type.isNestedClass() && !type.getModifiers().contains(JavaModifier.STATIC) && !type.isInterface();
    }

    List<String> adjacentBooleans(Collection<JavaClass> classes) {
        return classes.stream()
                .filter(type -> !type.isAnonymousClass() && !type.isLocalClass())
                .flatMap(type -> type.getCodeUnits().stream())
                .filter(unit -> !unit.getModifiers().contains(JavaModifier.SYNTHETIC))
                .filter(ArchRules::hasAdjacentBooleans)
                .map(unit -> unit.getFullName() + " takes two booleans side by side: use enums, so that the call reads")
                .toList();
    }

    private static boolean hasAdjacentBooleans(JavaCodeUnit unit) {
        List<JavaClass> types = unit.getRawParameterTypes();
        return Stream.iterate(1, i -> i < types.size(), i -> i + 1)
                .anyMatch(i -> types.get(i).isEquivalentTo(boolean.class)
                        && types.get(i - 1).isEquivalentTo(boolean.class));
    }

    /** Tests are sentences. */
    List<String> testNames(Collection<JavaClass> classes) {
        return classes.stream()
                .flatMap(type -> type.getMethods().stream())
                .filter(ArchRules::isTest)
                .filter(method -> !method.getName().startsWith("should"))
                .map(method -> method.getFullName() + " does not say what should happen: shouldX")
                .toList();
    }

    private static boolean isTest(JavaMethod method) {
        return method.getAnnotations().stream()
                .anyMatch(annotation -> Set.of("Test", "ParameterizedTest", "RepeatedTest", "TestFactory")
                        .contains(annotation.getRawType().getSimpleName()));
    }

    List<String> bannedCalls(Collection<JavaClass> classes, List<Ban> bans) {
        List<String> breaches = new ArrayList<>();
        for (JavaClass type : classes) {
            for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                for (Ban ban : bans) {
                    if (ban.means(access.getTarget().getFullName()) && ban.holdsIn(packageInside(type))) {
                        breaches.add(type.getName() + " line " + access.getLineNumber() + " uses " + ban.call() + ": "
                                + ban.instead());
                    }
                }
            }
        }
        return breaches.stream().distinct().toList();
    }

    private String packageInside(JavaClass type) {
        String name = type.getPackageName();
        return name.startsWith(root + ".") ? name.substring(root.length() + 1) : name;
    }

    private boolean in(JavaClass type, String room) {
        return startsWithAny(type.getPackageName(), root + "." + room);
    }

    private static boolean startsWithAny(String packageName, String... prefixes) {
        return Stream.of(prefixes)
                .anyMatch(prefix -> packageName.equals(prefix) || packageName.startsWith(prefix + "."));
    }

    private static String described(Dependency dependency) {
        return dependency.getDescription();
    }
}
