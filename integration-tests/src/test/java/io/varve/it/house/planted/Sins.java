package io.varve.it.house.planted;

import java.io.File;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Uses every banned call that is banned everywhere, once. */
public class Sins {

    int result;

    void sin() throws InterruptedException {
        System.out.println("out");
        System.err.println("err");
        new Exception().printStackTrace();
        result += new File("x").delete() ? 1 : 0;
        Thread.sleep(1);
        TimeUnit.SECONDS.sleep(1);
        result += new Random().nextInt() + (int) Math.random() + ThreadLocalRandom.current().nextInt();
        result += new String("x".getBytes()).length();
    }

    /** Nested, so that no runner takes it for a test. */
    static class Badly {
        @Test
        void testSomething() {}

        @Test
        void shouldDoSomething() {}
    }
}
