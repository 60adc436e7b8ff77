"""The style sheet of reports."""

STYLE = """
:root { --ink: #1d2433; --quiet: #5b6475; --line: #d9dee8; --bar: #3d6b9e; --mark: #e0a526; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff; font: 15px/1.5 system-ui, "Segoe UI", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 80px; }
h1 { font-size: 26px; margin: 0 0 8px; }
h2 { font-size: 18px; margin: 40px 0 8px; border-top: 1px solid var(--line); padding-top: 16px; }
p { max-width: 80ch; margin: 0 0 10px; }
.lead { font-size: 17px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); font-weight: 400; }
tr:first-child th, .figures th:first-child { font-weight: 600; }
.figures td:nth-child(n+2):nth-child(-n+5) { white-space: nowrap; font-variant-numeric: tabular-nums; }
.figures td:last-child, .ids { color: var(--quiet); font-size: 13px; }
svg text { font: 12.5px system-ui, "Segoe UI", sans-serif; fill: var(--ink); }
svg.bars, svg.heat { max-width: 100%; height: auto; display: block; }
svg .grid { stroke: var(--line); } svg .tick, svg .note, svg .axis { fill: var(--quiet); font-size: 11px; }
svg .bar { fill: var(--bar); } svg .interval { stroke: #11203a; stroke-width: 2; }
svg .light { fill: #fff; } svg .dark { fill: var(--ink); } svg .small { font-size: 10px; }
details { border: 1px solid var(--line); border-radius: 6px; margin: 8px 0; padding: 8px 14px; }
summary { cursor: pointer; }
.case { display: grid; grid-template-columns: 1fr 380px; gap: 24px; padding: 12px 0; }
dl { margin: 0; } dt { color: var(--quiet); font-size: 13px; } dd { margin: 0 0 8px; overflow-wrap: anywhere; }
figure { margin: 0; } figcaption { color: var(--quiet); font-size: 13px; }
svg.page { width: 100%; border: 1px solid var(--line); }
svg.page rect { fill: var(--mark); fill-opacity: .35; stroke: var(--mark); stroke-width: 1; }
@media (max-width: 800px) { .case { grid-template-columns: 1fr; } }
"""
