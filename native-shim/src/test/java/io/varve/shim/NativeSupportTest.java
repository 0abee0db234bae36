package io.varve.shim;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.shim.libc.FileCalls;
import io.varve.shim.libc.Libc;
import java.lang.reflect.Proxy;
import jnr.ffi.LastError;
import jnr.ffi.Runtime;
import org.junit.jupiter.api.Test;

class NativeSupportTest {

    @Test
    void shouldBeAvailableWhereTheTestsRun() {
        assertThat(NativeSupport.reason()).isNull();
        assertThat(NativeSupport.available()).isTrue();
    }

    @Test
    void shouldSayWhichSystemIsMissing() {
        assertThat(NativeSupport.find("Mac OS X", "aarch64", Libc::files))
                .isEqualTo("Varve needs Linux, this is Mac OS X");
    }

    @Test
    void shouldSayWhichArchitectureIsMissing() {
        assertThat(NativeSupport.find("Linux", "mips64", Libc::files)).contains("mips64");
    }

    @Test
    void shouldSayThatTheLibraryCannotBeBound() {
        String reason = NativeSupport.find("Linux", "amd64", () -> {
            throw new UnsatisfiedLinkError("no libc.so.6 in here");
        });

        assertThat(reason).startsWith("the C library cannot be called").endsWith("no libc.so.6 in here");
    }

    @Test
    void shouldSayWhichCallTheKernelOrAContainerForbids() {
        assertThat(NativeSupport.find("Linux", "amd64", () -> without("preadv2", Errno.ENOSYS)))
                .isEqualTo("preadv2 does not work here: Function not implemented (ENOSYS);"
                        + " Varve needs Linux 4.14 or newer");
        assertThat(NativeSupport.find("Linux", "amd64", () -> without("fallocate", Errno.EPERM)))
                .isEqualTo("fallocate does not work here: Operation not permitted (EPERM)");
    }

    private static FileCalls without(String call, int errno) {
        return (FileCalls) Proxy.newProxyInstance(
                FileCalls.class.getClassLoader(), new Class<?>[] {FileCalls.class}, (proxy, method, arguments) -> {
                    Object result = method.invoke(Libc.files(), arguments);
                    if (method.getName().equals(call)) {
                        LastError.setLastError(Runtime.getSystemRuntime(), errno);
                    }
                    return result;
                });
    }
}
