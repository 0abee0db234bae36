package io.varve.daemon.control;

import java.io.IOException;
import java.util.Map;

/**
 * Answers requests, one at a time.
 *
 * <p>Owned by the control thread.
 */
@FunctionalInterface
public interface ControlHandler {

    /**
     * @param request what was asked; hostile until checked
     * @return maps, lists, strings, numbers, booleans
     * @throws IOException whose message, one line, goes to whoever asked
     */
    Map<String, Object> answer(Map<String, Object> request) throws IOException;
}
