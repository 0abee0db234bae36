package io.varve.perf.macro;

/**
 * How the pages of reports begin: head and style, for light and dark screens; nothing from elsewhere.
 *
 * <p>Immutable.
 */
public final class PageStyle {
    private PageStyle() {
    }

    /** @param title plain text without markup */
    public static String head(String title) {
        return """
                <!doctype html><html lang=en><meta charset=utf-8><title>%s</title>
                <meta name=viewport content='width=device-width'><style>
                :root { color-scheme: light dark; --ink: #1d2430; --faint: #d9dee7; --paper: #fff; --good: #2c7a3f;
                  --bad: #b3261e }
                @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --faint: #3a4250; --paper: #171b22;
                  --good: #7bc98c; --bad: #ff8f86 } }
                body { font: 15px/1.45 system-ui, sans-serif; max-width: 1180px; margin: 2rem auto; padding: 0 1rem;
                  color: var(--ink); background: var(--paper) }
                dl { display: grid; grid-template-columns: max-content auto; gap: 0 1rem } dd { margin: 0 }
                .wide { overflow-x: auto }
                table { border-collapse: collapse; font-size: 13px } td, th { padding: .2rem .6rem; text-align: left;
                  border-bottom: 1px solid var(--faint) } .n { text-align: right; font-variant-numeric: tabular-nums }
                .ok { color: var(--good) } .missed { color: var(--bad); font-weight: 600 }
                .charts { display: grid;
                  grid-template-columns: repeat(auto-fill, minmax(min(480px, 100%%), 1fr)); gap: 1rem }
                figure { margin: 0 } svg { width: 100%% } text { fill: var(--ink); font-size: 12px }
                .title { font-weight: 600 } .tick, .unit { text-anchor: end } .place { text-anchor: middle }
                .grid { stroke: var(--faint) } .line { fill: none; stroke-width: 2 }
                .legend span::before { content: ''; display: inline-block; width: .8em; height: .8em;
                  margin: 0 .3em 0 .8em; background: var(--c) }
                </style>
                """.formatted(title);
    }
}
