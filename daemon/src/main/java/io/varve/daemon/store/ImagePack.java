package io.varve.daemon.store;

import io.varve.daemon.boot.Pack;
import io.varve.daemon.boot.PackWriter;
import io.varve.daemon.boot.PageRange;
import io.varve.daemon.boot.Profile;
import io.varve.daemon.boot.Sequence;
import io.varve.daemon.boot.SequenceSlot;
import io.varve.daemon.extent.ExtentMap;
import io.varve.daemon.extent.Run;
import io.varve.daemon.io.FileLocks;
import io.varve.daemon.io.Pages;
import io.varve.daemon.layer.Chain;
import io.varve.daemon.layer.LayerId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.agrona.collections.LongHashSet;

/**
 * Writes {@code images/NAME/TAG.pack}: the pages that boots of an image read and that lie in sealed layers, in the
 * order of the sequences. What lies elsewhere is left out: its pages have no checksums that could vouch for them later.
 *
 * <p>Owned by the thread that runs a step.
 */
final class ImagePack implements SequenceSlot.PackJob {

    /** Less than 2 MiB is no boot. */
    private static final int MIN_PAGES = 512;
    /** A pack that holds so much of what is read ahead stays: in per cent. */
    private static final int ENOUGH = 90;

    private final Store store;
    private final ImageName image;
    private final List<LayerId> content;
    private final List<LayerId> noted;
    private final Chain chain;
    private final PackWriter writer;

    private ImagePack(Store store, ImageName image, List<LayerId> content, List<LayerId> noted, Chain chain,
            PackWriter writer) {
        this.store = store;
        this.image = image;
        this.content = content;
        this.noted = noted;
        this.chain = chain;
        this.writer = writer;
    }

    /**
     * @param learned of which chain the profile is
     * @return null if there is nothing to write
     */
    static ImagePack begin(Store store, ImageName image, List<LayerId> learned, Optional<Pack> present,
            Profile profile) throws IOException {
        List<LayerId> content = store.resolve(learned);
        if (!store.contains(image) || !store.image(image).chain().equals(content)) {
            return null;
        }
        List<LayerId> noted = store.notedChain(image);
        Chain chain = store.openChain(content, store.image(image).size());
        PackWriter writer = null;
        try {
            List<PageRange> ranges = ranges(chain, profile);
            int pages = ranges.stream().mapToInt(PageRange::pageCount).sum();
            if (pages >= MIN_PAGES && !isEnough(present, ranges, pages)) {
                Path file = store.layout().pack(image);
                writer = new PackWriter(store.space(), file.resolveSibling(file.getFileName() + ".new"),
                        ImageSequence.digest(noted), profile.diskPageCount(), ranges, chain::read);
            }
        } finally {
            if (writer == null) {
                chain.close();
            }
        }
        return writer == null ? null : new ImagePack(store, image, content, noted, chain, writer);
    }

    private static boolean isEnough(Optional<Pack> present, List<PageRange> ranges, int pages) {
        if (present.isEmpty()) {
            return false;
        }
        long held = 0;
        for (PageRange range : ranges) {
            for (int i = 0; i < range.pageCount(); i++) {
                held += present.get().slot(range.pageIndex() + i) >= 0 ? 1 : 0;
            }
        }
        return held * 100 >= (long) pages * ENOUGH;
    }

    /** In the order of the sequence that most boots were of, then what only the others have. */
    private static List<PageRange> ranges(Chain chain, Profile profile) {
        List<PageRange> ranges = new ArrayList<>();
        // A page that the disk ends in is not read as a whole page.
        long endPage = Math.min(Pages.index(chain.size()), profile.diskPageCount());
        LongHashSet taken = new LongHashSet();
        int left = Sequence.budgetPages(profile.diskPageCount());
        for (Sequence sequence : profile.sequences()) {
            for (int entry = 0; entry < sequence.entryCount() && left > 0; entry++) {
                left -= add(chain, sequence.pageIndex(entry), sequence.pageCount(entry), endPage, taken, ranges);
            }
        }
        return ranges;
    }

    private static int add(Chain chain, long firstPage, int count, long endPage, LongHashSet taken,
            List<PageRange> ranges) {
        ExtentMap extents = chain.extents();
        Run run = new Run();
        int added = 0;
        for (long page = firstPage; page < Math.min(firstPage + count, endPage); page++) {
            extents.lookup(page, 1, run);
            if (run.kind() != Run.DATA || !chain.isSealed(run.blobIndex()) || !taken.add(page)) {
                continue;
            }
            added++;
            PageRange last = ranges.isEmpty() ? null : ranges.get(ranges.size() - 1);
            if (last != null && last.pageIndex() + last.pageCount() == page) {
                ranges.set(ranges.size() - 1, new PageRange(last.pageIndex(), last.pageCount() + 1));
            } else {
                ranges.add(new PageRange(page, 1));
            }
        }
        return added;
    }

    @Override
    public boolean step() throws IOException {
        if (writer.step()) {
            return true;
        }
        try (FileLocks.Lock held = store.lockCatalogue()) {
            if (store.contains(image) && store.notedChain(image).equals(noted)
                    && store.image(image).chain().equals(content)) {
                writer.finish(store.layout().pack(image));
            }
        }
        return false;
    }

    @Override
    public void close() throws IOException {
        try (chain) {
            writer.close();
        }
    }
}
