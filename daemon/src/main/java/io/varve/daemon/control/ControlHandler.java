package io.varve.daemon.control;

import java.io.IOException;
import java.util.Map;

/** Answers a request. Called on the thread of the control socket, one request at a time. */
@FunctionalInterface
public interface ControlHandler {

    /**
     * @param request what was asked; hostile until checked
     * @return maps, lists, strings, numbers, booleans
     * @throws IOException whose message, one line, goes to whoever asked
     */
    Map<String, Object> answer(Map<String, Object> request) throws IOException;
}
