/**
 * The configuration file of {@code varve serve --config FILE}: TOML, read as a whole into immutable values, or refused
 * with all of its mistakes.
 *
 * <pre>
 *   ConfigFile ──text──> ConfigReader ──Section per table──> Config
 *                             └──FILE:LINE:COLUMN: KEY: what is wrong, what is allowed──> ConfigException
 * </pre>
 *
 * <p>Every key is listed in {@link io.varve.daemon.config.Keys}; {@code daemon/etc/varve.toml} shows and explains them.
 *
 * <p>Design note: all mistakes at once, because a file is corrected in an editor and not in a dialogue. What depends on
 * a mistake (a missing key beside a line that could not be read) is not reported, because it would lead astray.
 *
 * <p>Design note: options of the command line win over the file key by key, and those that speak of exports are refused
 * beside it, because two answers to what becomes of writes would have to be compared image by image.
 *
 * <p>Design note: nothing of a broken file is used, not even its good half: a daemon with half of its rules is open.
 */
package io.varve.daemon.config;
