package io.varve.daemon.counters;

/**
 * What the daemon counts since it started. A meaning keeps its id for ever, so that readers of any version agree;
 * a new counter takes the next free id, a retired id is not given again. Immutable.
 */
public enum Counter {
    CONNECTIONS_ACCEPTED(1, "connections accepted by all listeners"),
    CONNECTIONS_REFUSED(2, "connections closed at once because a limit was reached"),
    CONNECTIONS_CLOSED(3, "accepted connections that are gone"),
    HANDSHAKES_FAILED(4, "connections that ended before they had an export, without a polite ABORT"),
    SESSIONS_OPENED(5, "connections that reached the transmission phase"),
    PROTOCOL_ERRORS(6, "sessions ended because the client broke the protocol"),
    REQUESTS_REJECTED(7, "requests answered with an error by validation, before a disk saw them"),
    OWNER_QUEUE_FULL(8, "times a thread waited because the queue of an agent was full"),
    WORKER_QUEUE_FULL(9, "times a thread waited because the demand queue of the workers was full"),
    DEADLINES_PASSED(10, "connections closed because a handshake, idle or stall deadline had passed"),
    MEMORY_SHORTAGES(11, "times requests waited because the buffers of all connections had reached their limit"),

    DISKS_OPENED(20, "disks opened"),
    DISKS_CLOSED(21, "disks closed"),
    READS(22, "READ requests; the counters of requests lag by up to 1023 requests per open disk"),
    READ_BYTES(23, "bytes of READ requests"),
    WRITES(24, "WRITE requests"),
    WRITE_BYTES(25, "bytes of WRITE requests"),
    CHAIN_BYTES(26, "bytes of READ requests that came from layers"),
    OVERLAY_BYTES(27, "bytes of READ requests that came from overlays"),
    ZERO_BYTES(28, "bytes of READ requests that no file was asked for"),
    FLUSHES(29, "FLUSH requests, and writes with FUA"),
    TRIMS(30, "TRIM requests"),
    ZEROES(31, "WRITE_ZEROES requests"),
    PARKED(32, "requests that had to wait for a worker"),

    ERRORS_NO_SPACE(40, "requests answered ENOSPC"),
    ERRORS_CORRUPT(41, "requests answered EIO because stored bytes were not what had been written"),
    ERRORS_IO(42, "requests answered EIO for any other cause"),

    BOOT_RECORDINGS(50, "boots recorded that brought something new"),
    BOOT_REPLAYS(51, "boots for which a learned sequence was read ahead"),
    BOOT_REPLAYS_STOPPED(52, "replays given up because too little of what was read ahead was used"),
    BOOT_PREFETCHED(53, "pages read ahead before anybody asked"),
    BOOT_USED(54, "pages read ahead and then asked for, by each client of a wave"),
    BOOT_LATE(55, "pages asked for before their read-ahead was done"),
    BOOT_MISSED(56, "pages asked for that no learned sequence had"),
    BOOT_WASTED(57, "pages read ahead that the client had not asked for when it left, of each client of a wave"),
    BOOT_FAILURES(58, "read-aheads or recordings that failed; the client never notices"),
    BOOT_CONFIRMATIONS(59, "boots recorded that brought nothing new"),
    BOOT_WAVES(60, "waves: clients that booted one image together, for which each page was read ahead once"),
    BOOT_LARGEST_WAVE(61, "clients that were in the largest wave at a time"),
    BOOT_SHARED_BYTES(62, "bytes of READ requests that came from the memory that the clients of a wave share"),
    BOOT_PACKS(63, "packs written: files with the pages that boots of an image read"),
    BOOT_PACKED(64, "pages read ahead from packs"),
    BOOT_PACK_FAILURES(65, "packs that could not be written or were damaged; boots go on without");

    private final int id;
    private final String meaning;

    Counter(int id, String meaning) {
        this.id = id;
        this.meaning = meaning;
    }

    /** Positive and stable over versions. */
    public int id() {
        return id;
    }

    /** One line for people. */
    public String meaning() {
        return meaning;
    }
}
