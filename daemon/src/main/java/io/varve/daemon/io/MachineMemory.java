package io.varve.daemon.io;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** Memory of the machine, or of the container that we run in. Immutable. */
public final class MachineMemory {

    private MachineMemory() {}

    /** Bytes, free or not. The first call loads the classes of the JDK's management, which takes a while. */
    public static long length() {
        final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getTotalMemorySize();
    }
}
