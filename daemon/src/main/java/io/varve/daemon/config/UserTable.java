package io.varve.daemon.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Names of unix users, from the file {@code passwd}. Users of a directory service are written as numbers.
 *
 * <p>Immutable.
 */
final class UserTable {

    private static final int NAME = 0;
    private static final int USER_ID = 2;
    private static final long MAX_USER_ID = 0xfffffffeL;
    private static final long MAX_FILE_LENGTH = 16 << 20;

    private final Map<String, Long> userIds;

    UserTable(Map<String, Long> userIds) {
        this.userIds = Map.copyOf(userIds);
    }

    /** @param passwd {@code name:password:uid:...} per line; a file that is not there has no users */
    static UserTable read(Path passwd) throws IOException {
        if (!Files.isRegularFile(passwd) || Files.size(passwd) > MAX_FILE_LENGTH) {
            return new UserTable(Map.of());
        }
        return parse(Files.readAllLines(passwd, StandardCharsets.ISO_8859_1));
    }

    static UserTable parse(List<String> lines) {
        Map<String, Long> userIds = new HashMap<>();
        for (String line : lines) {
            String[] fields = line.split(":");
            if (fields.length > USER_ID && fields[USER_ID].matches("[0-9]{1,10}")) {
                userIds.putIfAbsent(fields[NAME], Long.parseLong(fields[USER_ID]));
            }
        }
        return new UserTable(userIds);
    }

    /**
     * @param user name or number
     * @throws IllegalArgumentException with what is wrong, and what is allowed
     */
    long userId(Object user) {
        if (user instanceof Long number) {
            if (number < 0 || number > MAX_USER_ID) {
                throw new IllegalArgumentException(
                        number + " is no user, a number from 0 to " + MAX_USER_ID + " is allowed");
            }
            return number;
        }
        Long userId = userIds.get(user);
        if (userId == null) {
            throw new IllegalArgumentException("'" + user + "' is no user of this machine, "
                    + "write a name of /etc/passwd or the number of the user");
        }
        return userId;
    }
}
