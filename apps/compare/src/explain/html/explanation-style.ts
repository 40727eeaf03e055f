/** What an explanation has beside the style of reports: statements with what they rest on, and bars. */
export const EXPLANATION_STYLE = `.statements{padding:0;margin:0;list-style:none}
.statements li{margin:.4rem 0}
.basis{font-size:.75rem;color:var(--muted);border:1px solid var(--rule);border-radius:.6rem;padding:.05rem .5rem;margin-left:.3rem;white-space:nowrap}
.scroll{margin:1rem 0}
.scroll table{width:auto;min-width:min(100%,24rem)}
td.right,th.right{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bars{display:grid;grid-template-columns:max-content minmax(4rem,1fr) max-content;gap:.4rem .8rem;align-items:center;margin:1rem 0;font-size:.9rem}
.bars .value{color:var(--muted);font-variant-numeric:tabular-nums}
.track{height:.8rem;background:var(--rule);border-radius:.2rem;overflow:hidden}
.fill{height:100%;background:var(--better)}
.bar{display:contents}
@media (max-width:36rem){h1{font-size:1.3rem}th,td{padding:.3rem .5rem}.bars{display:block}.bar{display:grid;grid-template-columns:1fr max-content;gap:.15rem .6rem;margin:.7rem 0}.bar .track{grid-column:1/-1;grid-row:2}}`;
