package io.varve.nbd.fuzz;

/**
 * One request, as the protocol reads it, and what became of it. Reused.
 *
 * <p>Owned by the thread of the test.
 */
final class ClientRequest {

    static final int CONTEXTS = 4;
    /** Bytes that a request which is not in use may keep. */
    private static final int LARGEST_KEPT = 1 << 18;

    /** What the disk did with it. */
    enum Fate {
        NOT_ASKED,
        PENDING,
        DONE,
        FAILED
    }

    private final AllocationMeter meter;

    /** Bytes of the stream: of the header, and behind the header and the payload. */
    int start;
    long end;
    int payloadStart;
    int flags;
    int type;
    long cookie;
    long offset;
    /** What the command acts on; of BLOCK_STATUS with a payload, the length that the payload says. */
    long length;
    /** By index of the context; which a BLOCK_STATUS asks for. */
    final boolean[] asked = new boolean[CONTEXTS];

    /** Refusals that suit; not {@link Errors#NONE} means that it must be refused. */
    int faults;
    /** Refusals that suit as well. */
    int tolerated;
    /** The server may close instead of answering. */
    boolean mayEndConnection;

    Fate fate;
    /** {@link Errors} of a failure. */
    int diskErrors;
    long failedOffset;
    /** Of a READ, as far as the disk has filled it. */
    Bytes expected;

    /** By index of the context: pairs of length and flags that the disk told, and how many. */
    final long[][] told = new long[CONTEXTS][];
    final int[] toldCount = new int[CONTEXTS];

    boolean answerBegun;
    boolean answered;
    final boolean[] contextAnswered = new boolean[CONTEXTS];
    final Cover cover = new Cover();
    int chunkCount;

    ClientRequest(AllocationMeter meter) {
        this.meter = meter;
        this.expected = new Bytes(meter, 0);
        for (int i = 0; i < CONTEXTS; i++) {
            told[i] = new long[8];
        }
    }

    void reset() {
        faults = Errors.NONE;
        tolerated = Errors.NONE;
        mayEndConnection = false;
        fate = Fate.NOT_ASKED;
        diskErrors = Errors.NONE;
        failedOffset = -1;
        expected.shrink(LARGEST_KEPT);
        answerBegun = false;
        answered = false;
        chunkCount = 0;
        cover.clear();
        for (int i = 0; i < CONTEXTS; i++) {
            asked[i] = false;
            contextAnswered[i] = false;
            toldCount[i] = -1;
        }
    }

    /** The disk was asked for a context. */
    void tellingBegins(int contextIndex) {
        toldCount[contextIndex] = 0;
    }

    void tell(int contextIndex, long extentLength, int extentFlags) {
        int count = toldCount[contextIndex];
        if (2 * count + 2 > told[contextIndex].length) {
            told[contextIndex] = meter.grown(told[contextIndex], 4 * told[contextIndex].length);
        }
        long[] list = told[contextIndex];
        if (count > 0 && list[2 * count - 1] == extentFlags) {
            list[2 * count - 2] += extentLength;
            return;
        }
        list[2 * count] = extentLength;
        list[2 * count + 1] = extentFlags;
        toldCount[contextIndex]++;
    }

    boolean is(int flag) {
        return (flags & flag) != 0;
    }

    @Override
    public String toString() {
        return "request type " + type + " flags " + Integer.toHexString(flags) + " cookie "
                + Long.toHexString(cookie) + " offset " + offset + " length " + Long.toUnsignedString(length) + " at "
                + start + " (" + fate + ")";
    }
}
