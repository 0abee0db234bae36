package io.varve.it.conform;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test of one rule, or of several that cannot be seen apart. It runs once for each way to the server and each style
 * of replies, and gets the {@link Server} as its argument.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(RuleExtension.class)
@interface Rule {

    /** Numbers of the list in the package's documentation. */
    int[] value();

    Way[] ways() default {Way.UNIX, Way.TCP, Way.TLS};

    Styles styles() default Styles.OWN;
}
