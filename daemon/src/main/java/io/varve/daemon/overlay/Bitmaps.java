package io.varve.daemon.overlay;

import io.varve.daemon.io.Damage;
import io.varve.daemon.io.DamageList;
import io.varve.daemon.io.FileSpace;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dirty bitmaps of one overlay. Why none of them ever misses a write is argued in the package description.
 *
 * <p>Owned by the thread that owns the overlay, but for {@link #prepare}, {@link #store}, {@link #delete} and
 * {@link #close}, which wait for the disk: those come from a worker, and the owner changes nothing until they return.
 */
public final class Bitmaps {

    /** What NBD clients call a bitmap, before its name (QEMU, docs/interop/nbd). */
    public static final String CONTEXT_PREFIX = "qemu:dirty-bitmap:";
    public static final int MAX_COUNT = 16;
    static final int MAX_NAME_LENGTH = 64;

    private static final Logger LOG = LoggerFactory.getLogger(Bitmaps.class);
    private static final DirtyBitmap[] NONE = {};

    /** Null if nothing of the overlay is kept. */
    private final Home home;
    private final OverlayMeta meta;
    private DirtyBitmap[] active;
    private boolean closed;

    /**
     * Where the files are, and whose they are.
     *
     * @param directory  of the overlay while it is used
     * @param ownerEpoch of who has it open
     */
    record Home(FileSpace files, Path directory, long ownerEpoch) {}

    Bitmaps(Home home, OverlayMeta meta, List<DirtyBitmap> loaded) {
        this.home = home;
        this.meta = meta;
        this.active = loaded.toArray(NONE);
    }

    /** Of an overlay that is not kept. */
    static Bitmaps none() {
        return new Bitmaps(null, null, List.of());
    }

    /** Letters, digits, dots, dashes and underscores; the first one is a letter or a digit. */
    static boolean isName(String name) {
        if (name.isEmpty() || name.length() > MAX_NAME_LENGTH) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!plain && (i == 0 || "._-".indexOf(c) < 0)) {
                return false;
            }
        }
        return true;
    }

    /** @throws BitmapException if no bitmap can be called so */
    public static String requireName(String name) throws BitmapException {
        if (!isName(name)) {
            throw new BitmapException("a bitmap's name is made of at most " + MAX_NAME_LENGTH
                    + " letters, digits and '._-', starting with a letter or a digit");
        }
        return name;
    }

    /** Of the bitmaps in the directory of an overlay, sorted; whether they can be read is not looked at. */
    public static List<String> names(FileSpace files, Path directory) throws IOException {
        return BitmapFile.names(files, directory);
    }

    /** The states of an overlay as recovery finds them. */
    @FunctionalInterface
    interface States {
        StateMap get() throws IOException;
    }

    /**
     * Reads the bitmaps of an overlay. One that cannot be read has everything dirty.
     *
     * @param lastOwner epoch of the last one who had the overlay open
     * @param states    asked for only if they are needed
     */
    static List<DirtyBitmap> load(FileSpace files, Path directory, OverlayMeta meta, long lastOwner, States states)
            throws IOException {
        List<String> names = BitmapFile.names(files, directory);
        DirtyBitmap[] loaded = new DirtyBitmap[names.size()];
        for (int i = 0; i < loaded.length; i++) {
            try {
                BitmapFile.Content content = BitmapFile.read(files, directory, meta, names.get(i));
                loaded[i] = content.bitmap();
                if (content.stamp() != lastOwner) {
                    loaded[i].widen(states.get());
                }
            } catch (IOException e) {
                loaded[i] = DirtyBitmap.everything(names.get(i), meta.size(), 0, e.getMessage());
            }
        }
        return List.of(loaded);
    }

    /** What is wrong with the files of bitmaps in a directory. */
    public static List<Damage> check(FileSpace files, Path directory, OverlayMeta meta) {
        DamageList damages = new DamageList();
        try {
            for (String name : BitmapFile.names(files, directory)) {
                try {
                    BitmapFile.read(files, directory, meta, name);
                } catch (NoSuchFileException e) {
                    continue; // Dropped meanwhile.
                } catch (IOException e) {
                    damages.addFailure(BitmapFile.path(directory, name), e);
                }
            }
        } catch (IOException e) {
            damages.addFailure(directory, e);
        }
        return damages.toList();
    }

    /** Before anything changes in this range. @param length bytes, at least 1 */
    void mark(long offset, long length) {
        for (DirtyBitmap bitmap : active) {
            bitmap.mark(offset, length);
        }
    }

    /** Sorted by name. */
    public List<DirtyBitmap> all() {
        return List.of(active);
    }

    /** @throws BitmapException if there is none of that name */
    public DirtyBitmap get(String name) throws BitmapException {
        for (DirtyBitmap bitmap : active) {
            if (bitmap.name().equals(name)) {
                return bitmap;
            }
        }
        throw new BitmapException("bitmap " + name + ": there is none of that name: 'varve bitmap list' shows them");
    }

    /**
     * A bitmap for {@link #begin}, with nothing in it.
     *
     * @throws BitmapException if there cannot be one
     */
    public DirtyBitmap prepare(String name) throws BitmapException {
        if (home == null) {
            throw new BitmapException("bitmap " + name + ": the overlay is gone with its client, and a bitmap of it "
                    + "would be, too: only overlays that are kept have bitmaps");
        }
        return DirtyBitmap.clean(requireName(name), meta.size(), System.currentTimeMillis());
    }

    /**
     * From now on what is written is marked. The caller sees to it that no write is under way; it makes durable what
     * was written before, then calls {@link #store}.
     *
     * @throws BitmapException if there is one of that name, or there are too many
     */
    public void begin(DirtyBitmap bitmap) throws BitmapException {
        for (DirtyBitmap present : active) {
            if (present.name().equals(bitmap.name())) {
                throw new BitmapException("bitmap " + bitmap.name() + ": there is one of that name: drop it first, "
                        + "or take another name");
            }
        }
        if (active.length >= MAX_COUNT) {
            throw new BitmapException("bitmap " + bitmap.name() + ": an overlay has at most " + MAX_COUNT
                    + " bitmaps: drop one first");
        }
        DirtyBitmap[] more = Arrays.copyOf(active, active.length + 1);
        more[active.length] = bitmap;
        Arrays.sort(more, Comparator.comparing(DirtyBitmap::name));
        active = more;
    }

    /** Makes a bitmap durable that was begun. From its return on, no write is missed, whatever happens. */
    public synchronized void store(DirtyBitmap bitmap) throws IOException {
        if (closed) {
            throw new BitmapException("bitmap " + bitmap.name() + ": the overlay was closed meanwhile");
        }
        BitmapFile.writeClean(home.files(), home.directory(), meta.id(), bitmap);
    }

    /** Nothing is marked in it any more; its file is left to {@link #delete}. */
    public void end(DirtyBitmap bitmap) {
        active = Arrays.stream(active).filter(present -> present != bitmap).toArray(DirtyBitmap[]::new);
        bitmap.drop();
    }

    /** Removes the file of a bitmap that has ended. */
    public synchronized void delete(DirtyBitmap bitmap) throws IOException {
        BitmapFile.delete(home.files(), home.directory(), bitmap.name());
    }

    /**
     * Takes over the bitmaps of an overlay that becomes a layer below this one. They are durable at return, as those of
     * an overlay in use. The other one keeps them until it {@link #forget}s them.
     *
     * @param directory where this overlay is made
     */
    public synchronized void adopt(Bitmaps other, Path directory) throws IOException {
        for (DirtyBitmap bitmap : other.active) {
            BitmapFile.write(home.files(), directory, meta.id(), bitmap, BitmapFile.OPEN);
        }
        active = other.active;
    }

    /** They are another overlay's now. */
    public void forget() {
        active = NONE;
    }

    /**
     * Stores the bits, after all that was written is durable, and when nothing is written any more. A bitmap that
     * cannot be stored is a superset at the next open.
     */
    public synchronized void close() {
        closed = true;
        for (DirtyBitmap bitmap : active) {
            if (bitmap.isDamaged()) {
                continue;
            }
            try {
                BitmapFile.write(home.files(), home.directory(), meta.id(), bitmap, home.ownerEpoch());
            } catch (IOException e) {
                LOG.warn("the dirty bitmap {} of overlay {} was not stored: more than what is dirty will count as "
                        + "dirty: {}", bitmap.name(), home.directory(), e.getMessage());
            }
        }
    }
}
