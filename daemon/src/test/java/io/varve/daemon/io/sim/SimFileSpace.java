package io.varve.daemon.io.sim;

import io.varve.daemon.io.BlockFile;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.FileSpace;
import io.varve.daemon.io.NoSpaceException;
import io.varve.shim.file.LockKind;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/**
 * A file system on a disk that forgets what was not synced; see the package description. Paths are absolute; the root
 * exists.
 *
 * <p>Thread-safe because every call holds the lock of this object.
 */
public final class SimFileSpace implements FileSpace {

    private final Set<SimBlockFile> open = new HashSet<>();
    private final SimLocks locks = new SimLocks(this);
    private final SimNames names;
    private SimHook hook = SimHook.NONE;
    private SimHook readHook = SimHook.NONE;
    private IntUnaryOperator residency = IntUnaryOperator.identity();
    private Chooser chooser = Chooser.LOSE_ALL;
    private long callCount;
    private long pageLimit = Long.MAX_VALUE;
    private boolean inHook;
    private boolean powerless;

    public SimFileSpace() {
        this(new SimNames());
    }

    private SimFileSpace(SimNames names) {
        this.names = names;
    }

    /** Sees every call that changes something from now on. Calls that it makes itself are not shown to it. */
    public synchronized void hook(SimHook newHook) {
        hook = newHook;
    }

    /** Sees every read from now on, before it takes place; the index of the call is 0. */
    public synchronized void readHook(SimHook newHook) {
        readHook = newHook;
    }

    void beforeRead(Path path, long position, long length) throws IOException {
        readHook.before(new SimCall(0, SimCall.Kind.READ, path, position, length));
    }

    public synchronized SimHook hook() {
        return hook;
    }

    /** How many calls that change something there were. */
    public synchronized long callCount() {
        return callCount;
    }

    /** @param pages of 4096 bytes that all files together may take; a write that needs more fails with "no space" */
    public synchronized void limitSpace(long pages) {
        pageLimit = pages;
    }

    /** Pages of 4096 bytes that all files take. */
    public synchronized long allocatedPages() {
        return names.files().stream().mapToLong(file -> file.current().allocatedPages()).sum();
    }

    /** @param bytesInMemory of a read that does not wait: how many of so many bytes it finds; 0 makes it block */
    public synchronized void residency(IntUnaryOperator bytesInMemory) {
        residency = bytesInMemory;
    }

    /** Files that are open, for a test to see that none leaks. */
    public synchronized int openCount() {
        return open.size();
    }

    /** Files that are locked, for a test to see that all locks are given back. */
    public synchronized int lockedCount() {
        return locks.count();
    }

    /** Decides what reads find of writes whose sync failed, once the memory has dropped them. */
    public synchronized void chooser(Chooser newChooser) {
        chooser = newChooser;
    }

    Chooser chooser() {
        return chooser;
    }

    /** What the disk holds when the power comes back. This object stays as it is, so that more images can be made. */
    public synchronized SimFileSpace crash(Chooser chooser) {
        Map<SimFile, SimFile> images = new IdentityHashMap<>();
        return new SimFileSpace(names.crash(chooser, file -> images.computeIfAbsent(file, f -> f.crash(chooser))));
    }

    /** The same disk with the same past, synced or not, and a future of its own. Nothing is open there. */
    public synchronized SimFileSpace fork() {
        Map<SimFile, SimFile> copies = new IdentityHashMap<>();
        return new SimFileSpace(names.fork(file -> copies.computeIfAbsent(file, SimFile::fork)));
    }

    @Override
    public synchronized BlockFile open(Path file, OpenMode mode) throws IOException {
        requirePower();
        SimFile found = names.file(file);
        if (mode == OpenMode.CREATE_NEW) {
            if (names.exists(file)) {
                throw new FileAlreadyExistsException(file.toString());
            }
            requireDirectory(file.getParent());
            SimFile created = new SimFile();
            changeNames(SimCall.Kind.CREATE, file, () -> names.link(file, created));
            found = created;
        }
        if (found == null) {
            throw new NoSuchFileException(file.toString());
        }
        SimBlockFile handle = new SimBlockFile(this, file, found, mode != OpenMode.READ);
        open.add(handle);
        return handle;
    }

    @Override
    public synchronized void createDirectories(Path directory) throws IOException {
        requirePower();
        if (names.file(directory) != null) {
            throw new FileAlreadyExistsException(directory.toString());
        }
        if (!names.exists(directory)) {
            createDirectories(directory.getParent());
            changeNames(SimCall.Kind.CREATE_DIRECTORY, directory, () -> names.link(directory, null));
        }
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        requirePower();
        if (!names.exists(from)) {
            throw new NoSuchFileException(from.toString());
        }
        requireDirectory(to.getParent());
        changeNames(SimCall.Kind.RENAME, from, () -> names.rename(from, to));
    }

    @Override
    public synchronized void exchange(Path one, Path other) throws IOException {
        requirePower();
        for (Path path : List.of(one, other)) {
            if (!names.exists(path)) {
                throw new NoSuchFileException(path.toString());
            }
        }
        changeNames(SimCall.Kind.EXCHANGE, one, () -> names.exchange(one, other));
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        requirePower();
        if (!names.children(file).isEmpty()) {
            throw new DirectoryNotEmptyException(file.toString());
        }
        if (names.exists(file)) {
            changeNames(SimCall.Kind.DELETE, file, () -> names.unlink(file));
        }
    }

    @Override
    public synchronized boolean exists(Path file) {
        return names.exists(file);
    }

    @Override
    public synchronized boolean isDirectory(Path file) {
        return names.exists(file) && names.file(file) == null;
    }

    @Override
    public synchronized long size(Path file) throws IOException {
        return required(file).current().size();
    }

    /** First byte in which the file differs from the one of the same name there; -1 if it has the same bytes. */
    public synchronized long mismatch(Path file, SimFileSpace other) throws IOException {
        return required(file).current().mismatch(other.required(file).current());
    }

    /** This disk has no clock: everything is as old as can be. */
    @Override
    public synchronized Instant modified(Path file) throws IOException {
        if (!names.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        return Instant.EPOCH;
    }

    @Override
    public synchronized FileLocks.Lock tryLock(Path file, LockKind kind) throws IOException {
        requirePower();
        return locks.tryLock(file, required(file), kind);
    }

    private SimFile required(Path file) throws NoSuchFileException {
        SimFile found = names.file(file);
        if (found == null) {
            throw new NoSuchFileException(file.toString());
        }
        return found;
    }

    @Override
    public synchronized List<Path> list(Path directory) {
        return names.children(directory);
    }

    @Override
    public synchronized void syncDirectory(Path directory) throws IOException {
        requirePower();
        requireDirectory(directory);
        before(SimCall.Kind.SYNC_DIRECTORY, directory, 0, 0);
        names.sync(directory);
    }

    private void requireDirectory(Path directory) throws NoSuchFileException {
        if (!names.exists(directory) || names.file(directory) != null) {
            throw new NoSuchFileException(directory.toString());
        }
    }

    private void changeNames(SimCall.Kind kind, Path path, Runnable change) throws IOException {
        try {
            before(kind, path, 0, 0);
        } catch (SimCrash e) {
            change.run();
            throw e;
        }
        change.run();
    }

    /** Counts a call and shows it to the hook. */
    void before(SimCall.Kind kind, Path path, long position, long length) throws IOException {
        if (inHook) {
            return;
        }
        SimCall call = new SimCall(callCount++, kind, path, position, length);
        inHook = true;
        try {
            hook.before(call);
        } catch (SimCrash e) {
            powerless = true;
            throw e;
        } finally {
            inHook = false;
        }
    }

    /** Takes the space that a write needs, or as much as there is. */
    void allocate(SimFile file, long position, long length) throws NoSpaceException {
        if (pageLimit < Long.MAX_VALUE && length > 0
                && allocatedPages() + file.current().missingPages(position, length) > pageLimit) {
            throw new NoSpaceException("no space for " + length + " bytes at " + position, null);
        }
    }

    int residentLength(int length) {
        return residency.applyAsInt(length);
    }

    void closed(SimBlockFile handle) {
        open.remove(handle);
    }

    void requirePower() {
        if (powerless) {
            throw new SimCrash("the power is off");
        }
    }
}
