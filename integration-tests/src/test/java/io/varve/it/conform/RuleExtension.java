package io.varve.it.conform;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;

/**
 * Runs each {@link Rule} against each server, and holds the list of deviations to the truth: a deviation that is
 * not there any more fails the test like one that is new.
 *
 * <p>Immutable.
 */
final class RuleExtension implements TestTemplateInvocationContextProvider {

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return true;
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        Method test = context.getRequiredTestMethod();
        String rules = Arrays.stream(test.getAnnotation(Rule.class).value())
                .mapToObj(rule -> String.format("%03d", rule))
                .collect(Collectors.joining(", "));
        return Servers.of(context).all().stream().map(server -> new Invocation(rules, server));
    }

    private record Invocation(String rules, Server server) implements TestTemplateInvocationContext {

        @Override
        public String getDisplayName(int index) {
            return "rule " + rules + ", " + server;
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(new ServerArgument(server), new Judge(server));
        }
    }

    private record ServerArgument(Server server) implements ParameterResolver {

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Server.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return server;
        }
    }

    private record Judge(Server server) implements InvocationInterceptor {

        @Override
        public void interceptTestTemplateMethod(
                Invocation<Void> invocation, ReflectiveInvocationContext<Method> call, ExtensionContext context)
                throws Throwable {
            Servers.of(context).revive();
            Deviation known = Deviation.of(server.peer(), call.getExecutable().getName());
            if (known == null) {
                invocation.proceed();
                return;
            }
            try {
                invocation.proceed();
            } catch (AssertionError e) {
                if (String.valueOf(e.getMessage()).contains(known.evidence())) {
                    return;
                }
                throw new AssertionError("deviates in another way than known: " + known, e);
            }
            throw new AssertionError("a known deviation is not there any more: " + known);
        }
    }
}
