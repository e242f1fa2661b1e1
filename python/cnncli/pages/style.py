"""How all pages look: light and dark, wide and narrow, on paper."""

# Colours, letters, headings: of every page.
BASE = """
:root{--paper:#fbfaf7;--card:#fff;--ink:#1d2329;--soft:#5b6570;--line:#dcdad3;--accent:#0b6e69;--first:#0b6e69;
--second:#b4530a;--good:#2f9e8f;--bad:#e0662b;--shade:#f1efe9}
@media (prefers-color-scheme:dark){:root{--paper:#14181c;--card:#1b2126;--ink:#e7e9ea;--soft:#a3adb6;--line:#333c44;
--accent:#5fd0c5;--first:#5fd0c5;--second:#f2a65a;--good:#2a8f83;--bad:#c9561f;--shade:#20272d}}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0 auto;max-width:72rem;padding:1.5rem clamp(1rem,4vw,3rem) 3rem;background:var(--paper);color:var(--ink);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:clamp(1.4rem,4vw,2rem);line-height:1.2;margin:.2rem 0 .4rem}
h1::first-letter{text-transform:uppercase}
h2{font-size:1.25rem;margin:0 0 .8rem}
h3{font-size:1rem;margin:1.2rem 0 .4rem}
p{margin:.4rem 0 .8rem;max-width:46rem}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.4rem .8rem}
"""

# And what pages of reports have.
STYLE = BASE + """
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;list-style:none;margin:1rem 0 0;padding:.7rem 0;
border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
section{margin-top:2.2rem}
.soft,figcaption,caption{color:var(--soft)}
.note{border-left:4px solid var(--bad);background:var(--card);padding:.5rem .9rem;max-width:46rem}
.cards{display:flex;flex-wrap:wrap;gap:1rem;margin:1rem 0}
.card{flex:1 1 14rem;min-width:0;background:var(--card);border:1px solid var(--line);border-radius:.6rem;
padding:.9rem 1.1rem}
.card b{display:block;font-size:1.6rem;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums}
.card.main{flex-basis:100%}.card.main b{font-size:clamp(2.4rem,8vw,3.6rem);color:var(--accent);line-height:1.1}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.94rem}
caption{text-align:left;padding:.2rem 0 .5rem;font-size:.9rem;max-width:min(44rem,86vw);min-width:min(22rem,86vw)}
th,td{padding:.28rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th[scope=row],td.words{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:min(9rem,28vw);
max-width:min(24rem,46vw)}
th[scope=row]{font-weight:600}
thead th{color:var(--soft);font-weight:500}thead th:first-child,thead th.words{text-align:left}
tfoot th,tfoot td{color:var(--soft);font-weight:500;border-bottom:0}
.matrix{font-size:.86rem;border-spacing:2px;border-collapse:separate}
.matrix th,.matrix td{border:0;padding:.22rem .4rem}
.matrix td{text-align:center;min-width:3rem;border-radius:.25rem;background:var(--shade)}
.matrix td.zero{color:var(--soft);background:none}
.matrix td.right{background:color-mix(in srgb,var(--good) calc(var(--share)*52%),var(--shade))}
.matrix td.wrong{background:color-mix(in srgb,var(--bad) calc(18% + var(--share)*42%),var(--shade));font-weight:600}
.matrix.dense{font-size:.72rem;border-spacing:1px}.matrix.dense td,.matrix.dense th{padding:.1rem .15rem}
.matrix.dense td{min-width:1.45rem}
.matrix thead th{text-align:center;max-width:7rem;overflow:hidden;text-overflow:ellipsis}
.matrix thead th:first-child{text-align:left;max-width:none}
.matrix th[scope=row]{position:sticky;left:0;background:var(--paper);min-width:0;
max-width:min(16rem,40vw);white-space:nowrap}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(24rem,100%),1fr));gap:1.5rem;align-items:start}
.beside{display:flex;flex-wrap:wrap;gap:1.5rem 2.5rem;align-items:flex-start}.beside>*{max-width:100%}
figure{margin:0}
.chart{width:100%;height:auto;max-width:36rem;background:var(--card);border:1px solid var(--line);border-radius:.6rem}
.chart text{font-size:13px;fill:var(--soft)}.chart .axis{stroke:var(--line);fill:none}
.chart .first{stroke:var(--first)}.chart .second{stroke:var(--second);stroke-dasharray:7 4}
.chart .line{fill:none;stroke-width:2.5;stroke-linejoin:round}
.chart text.first{fill:var(--first);stroke:none}.chart text.second{fill:var(--second);stroke:none}
.chart .dot{fill:var(--first)}.chart .dot2{fill:var(--second)}.chart .ideal{stroke:var(--soft);stroke-dasharray:3 4}
.chart .bar{fill:var(--first);opacity:.35}.chart .best{stroke:var(--soft);stroke-dasharray:2 3}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(9.2rem,46%),1fr));gap:.9rem;padding:0;list-style:none}
.gallery li{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.6rem;font-size:.87rem;
line-height:1.35}
.gallery img{display:block;width:100%;aspect-ratio:1;object-fit:contain;background:var(--shade);border-radius:.35rem;
margin-bottom:.45rem}
.gallery img.small{image-rendering:pixelated}
.gallery .answer{font-weight:650}.gallery .file{color:var(--soft);font-size:.8rem;display:block;margin-top:.2rem}
.facts{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.25rem 1.2rem;margin:.4rem 0 1rem}
.facts dt{color:var(--soft)}.facts dd{margin:0;min-width:0;grid-column:2}
header>p::first-letter{text-transform:uppercase}
pre{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.7rem .9rem;white-space:pre-wrap;
font-size:.88rem;margin:.4rem 0 1rem}
.command span{display:inline-block;max-width:100%;overflow-wrap:anywhere;text-indent:0}
.unbroken{white-space:nowrap}
.command .line{display:block;padding-left:2ch;text-indent:-2ch}
.scroll+p{margin-top:1.4rem}
details{margin:.6rem 0}summary{cursor:pointer;color:var(--accent)}
footer{margin-top:3rem;color:var(--soft);font-size:.88rem;border-top:1px solid var(--line)}
@media (max-width:34rem){.roomy{display:block;font-size:.78em;white-space:normal}
.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:.5rem;
grid-column:1}th,td{padding:.28rem .2rem}table{font-size:.88rem}th[scope=row],td.words{min-width:4.1rem}
.matrix{font-size:.74rem}.matrix td{min-width:1.75rem}.matrix th,.matrix td{padding:.2rem .12rem}
.matrix thead th:first-child{white-space:normal}.chart text{font-size:16px}}
@media print{nav,.skip{display:none}body{max-width:none}section{break-inside:avoid-page}}
"""
