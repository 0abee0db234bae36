package io.varve.it.conform;

import io.varve.it.conform.Link.Style;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;

/**
 * Runs each {@link Rule} over each way and in each style, and holds the lists to the truth: a deviation that is not
 * there any more fails the test like one that is new.
 *
 * <p>Immutable.
 */
final class RuleExtension implements TestTemplateInvocationContextProvider {

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return true;
    }

    /** Because not every way has to be chosen. */
    @Override
    public boolean mayReturnZeroTestTemplateInvocationContexts(ExtensionContext context) {
        return true;
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        Method test = context.getRequiredTestMethod();
        Rule rule = test.getAnnotation(Rule.class);
        Servers servers = Servers.of(context);
        return Arrays.stream(rule.ways())
                .filter(way -> servers.isChosen(way))
                .flatMap(way -> servers.styles(rule.styles(), way)
                        .map(style -> new Invocation(rule, way, style, servers, test.getName())));
    }

    private record Invocation(Rule rule, Way way, Style style, Servers servers, String test)
            implements TestTemplateInvocationContext {

        @Override
        public String getDisplayName(int index) {
            String numbers = Arrays.stream(rule.value())
                    .mapToObj(number -> String.format("%03d", number))
                    .collect(Collectors.joining(", "));
            return "rule " + numbers + ", " + servers.peer().program() + " over " + way
                    + (rule.styles() == Styles.OWN ? "" : ", " + style);
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            Lack lack = Lack.of(servers.peer(), way.name(), style.name(), test);
            if (lack != null) {
                return List.of((ExecutionCondition) context -> ConditionEvaluationResult.disabled(lack.reason()));
            }
            Server server = servers.at(way).in(style);
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
            Deviation known = Deviation.of(server, call.getExecutable().getName());
            if (known == null) {
                invocation.proceed();
                return;
            }
            try {
                invocation.proceed();
            } catch (AssertionError e) {
                if (known.evidence().matcher(String.valueOf(e.getMessage())).find()) {
                    return;
                }
                throw new AssertionError("deviates in another way than known: " + known, e);
            }
            if (known.shows() == Deviation.Shows.ALWAYS) {
                throw new AssertionError("a known deviation is not there any more: " + known);
            }
        }
    }
}
