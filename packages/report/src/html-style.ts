import { PLOT_COLOURS, PLOT_STYLE } from "./interval-plot.ts";

/** The style sheet of a report page: no assets, light or dark as the reader's system is. */
export const HTML_STYLE: string = `:root{color-scheme:light dark;${PLOT_COLOURS.light}}
@media (prefers-color-scheme:dark){:root{${PLOT_COLOURS.dark}}}
body{font:16px/1.5 system-ui,"Segoe UI","Helvetica Neue",Arial,sans-serif;color:var(--ink);background:var(--page);max-width:70rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.6rem;margin:0 0 .5rem}
h2{font-size:1.2rem;margin:2.2rem 0 .6rem}
.scroll{overflow-x:auto}
.scroll+.scroll{margin-top:2rem}
table{border-collapse:collapse;width:100%;overflow-wrap:normal}
caption{text-align:left;color:var(--muted);padding-bottom:.4rem}
th,td{padding:.35rem .7rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:middle;font-weight:normal}
thead th{font-weight:600;border-bottom-width:2px;vertical-align:bottom}
td.number,th.number{text-align:right}
td.number{font-variant-numeric:tabular-nums;white-space:nowrap}
tbody th{min-width:10rem}
th.middle{text-align:center;white-space:nowrap}
td svg{display:block}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.2rem;margin:0}
dt{color:var(--muted)}
dd{margin:0}
ul{padding-left:1.2rem}
.warning{border-left:4px solid var(--worse);padding:.3rem .8rem;margin:.5rem 0}
pre{border:1px solid var(--rule);padding:.7rem .9rem;overflow-x:auto}
${PLOT_STYLE}`;
