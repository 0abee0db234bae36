package io.varve.daemon.disk;

import io.varve.daemon.overlay.Overlay;

/**
 * Chain and overlay of a disk at one time. An operation enters the view that is current when it begins, and uses it
 * to its end, whatever takes its place meanwhile. When a view was replaced and the last operation has left it, what
 * only it needed is given back.
 *
 * <p>Owned by the agent of the disk, but for {@link #background}, for any thread.
 */
final class DiskView {

    final ChainSnapshot chain;
    /** Null if the disk is read-only. */
    final Overlay overlay;

    private final OpenGate background;
    private int operationCount;
    /** Set once, when the view is replaced. */
    private Runnable whenUnused;

    DiskView(ChainSnapshot chain, Overlay overlay) {
        this.chain = chain;
        this.overlay = overlay;
        this.background = new OpenGate(this::unused);
    }

    /** For reading that no client waits for: files stay open until it has left, too. */
    OpenGate background() {
        return background;
    }

    DiskView enter() {
        operationCount++;
        return this;
    }

    void leave() {
        operationCount--;
        if (operationCount == 0 && whenUnused != null) {
            background.leave();
        }
    }

    /** Another view is current now. @param action runs once nobody uses this one any more, on any thread */
    void replace(Runnable action) {
        whenUnused = action;
        if (operationCount == 0) {
            background.leave();
        }
    }

    private void unused() {
        whenUnused.run();
    }
}
