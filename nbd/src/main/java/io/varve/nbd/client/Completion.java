package io.varve.nbd.client;

import java.util.List;
import java.util.Map;

/**
 * How a request ended.
 *
 * @param request       that was answered
 * @param error         0, or the error value as received
 * @param serverMessage what the server says about the error; often empty
 * @param data          of a successful READ, all of it; else empty. Not copied: the caller's alone
 * @param status        of a successful BLOCK_STATUS, by the name of the context; else empty
 *
 * <p>Owned by whoever collected it.
 */
public record Completion(
        Request request, int error, String serverMessage, byte[] data, Map<String, List<StatusExtent>> status) {

    public boolean succeeded() {
        return error == 0;
    }

    /** @throws NbdException if the request failed */
    public Completion orThrow() throws NbdException {
        if (!succeeded()) {
            throw new NbdException(error, request.toString(), serverMessage);
        }
        return this;
    }
}
