package io.varve.perf.macro;

import com.sun.management.ThreadMXBean;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Map;
import java.util.TreeMap;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * Bytes that each thread of another JVM has allocated since it started. The JVM counts them for every thread at all
 * times, exactly; asking for them allocates in threads of its own, which are left out.
 *
 * <p>Owned by the main thread.
 */
final class ThreadAllocations implements AutoCloseable {
    private static final String ASKING_THREADS = "RMI .*|JMX .*|Attach Listener|.*management.*";

    private final JMXConnector connector;
    private final ThreadMXBean threads;

    ThreadAllocations(long pid) throws IOException {
        VirtualMachine machine = attach(pid);
        try {
            connector = JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()));
        } finally {
            machine.detach();
        }
        threads = ManagementFactory.newPlatformMXBeanProxy(
                connector.getMBeanServerConnection(), ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class);
    }

    /** Bytes by the name of the thread; threads of one name are added up. */
    Map<String, Long> snapshot() {
        long[] ids = threads.getAllThreadIds();
        ThreadInfo[] infos = threads.getThreadInfo(ids);
        long[] bytes = threads.getThreadAllocatedBytes(ids);
        Map<String, Long> byName = new TreeMap<>();
        for (int i = 0; i < ids.length; i++) {
            if (infos[i] != null && !infos[i].getThreadName().matches(ASKING_THREADS)) {
                byName.merge(infos[i].getThreadName(), Math.max(0, bytes[i]), Long::sum);
            }
        }
        return byName;
    }

    /** The sum over all threads that live after. */
    static long between(Map<String, Long> before, Map<String, Long> after) {
        return after.entrySet().stream()
                .mapToLong(thread -> thread.getValue() - before.getOrDefault(thread.getKey(), 0L))
                .sum();
    }

    /** Ends the connection; that the other JVM is gone already is no failure. */
    @Override
    public void close() {
        try {
            connector.close();
        } catch (IOException gone) {
            return;
        }
    }

    private static VirtualMachine attach(long pid) throws IOException {
        try {
            return VirtualMachine.attach(Long.toString(pid));
        } catch (AttachNotSupportedException e) {
            throw new PerfException("cannot attach to the JVM with process id " + pid + ": " + e.getMessage());
        }
    }
}
