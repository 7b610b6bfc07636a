/// How pages look: one column of text, figures side by side where there is room; light or dark as the reader's system is; on paper light.
enum Stylesheet {
    static var text: String {
        """
        :root{color-scheme:light dark;--page:#ffffff;--ink:#1d2330;--soft:#5a6272;--faint:#8b93a3;--rule:#dfe3ea;--panel:#f5f7fa;\
        --accent:#0072b2;\(Palette.lightProperties)}
        @media screen and (prefers-color-scheme:dark){:root{--page:#14171d;--ink:#e8eaf0;--soft:#a9b0be;--faint:#7d8595;\
        --rule:#333a46;--panel:#1d222b;--accent:#56b4e9;\(Palette.darkProperties)}}
        \(Palette.classes)
        \(page)
        \(figures)
        \(narrowAndPrint)
        """
    }

    private static let page = """
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",\
        "Noto Sans","Liberation Sans",Arial,sans-serif}
        main{max-width:1200px;margin:0 auto;padding:32px 28px 64px}
        h1{font-size:28px;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
        h2{font-size:19px;line-height:1.3;margin:40px 0 12px;padding-top:14px;border-top:1px solid var(--rule)}
        p{margin:0 0 12px;max-width:75ch;overflow-wrap:anywhere}
        .subtitle{color:var(--soft)}
        .conclusion{border-left:4px solid var(--accent);background:var(--panel);padding:12px 16px;margin:16px 0;font-size:17px}
        .table{overflow-x:auto;margin:0 0 16px}
        table{border-collapse:collapse;font-size:14px;line-height:1.4}
        caption{text-align:left;color:var(--soft);padding-bottom:6px}
        caption span{display:block;position:sticky;left:0;width:fit-content;max-width:min(75ch,calc(100vw - 32px))}
        th,td{padding:5px 18px 5px 0;text-align:left;vertical-align:top}
        td{border-top:1px solid var(--rule)}
        td.short{white-space:nowrap}
        tbody:first-child tr:first-child td,caption+tbody tr:first-child td{border-top:0}
        th{color:var(--soft);font-weight:600;white-space:nowrap}
        th.number,td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        pre{background:var(--panel);border-radius:6px;padding:12px 16px;margin:0 0 16px;\
        white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
        pre span{display:inline-block;max-width:100%}
        """

    private static let figures = """
        .figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,500px),1fr));gap:28px 32px;margin:0 0 20px}
        figure{margin:0;min-width:0;max-width:640px}
        figcaption{font-weight:600;margin:0 0 6px}
        figure svg{display:block;width:100%;height:auto;overflow:visible}
        figure svg.key{width:24px;height:14px;flex:none}
        .note{font-size:13px;color:var(--soft);margin:6px 0 0}
        .legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:6px 0 0;padding:0;font-size:13px}
        .legend li{display:flex;align-items:center;gap:7px;min-width:0;overflow-wrap:anywhere}
        .narrow{display:none}
        svg text{font-size:12px;fill:var(--ink)}
        svg .tick,svg .title{fill:var(--soft)}
        svg .tick{font-variant-numeric:tabular-nums}
        svg .middle{text-anchor:middle}
        svg .end{text-anchor:end}
        svg path{fill:none}
        svg .grid{stroke:var(--rule)}
        svg .axis{stroke:var(--faint)}
        svg .reference{stroke:var(--faint);stroke-dasharray:2 3}
        svg .line{stroke:var(--tone);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
        svg .dashed{stroke-dasharray:6 5;stroke-width:1.6}
        svg .band{fill:var(--tone);fill-opacity:.18}
        svg .bar{fill:var(--tone)}
        svg .marker{fill:var(--tone);stroke:var(--page);stroke-width:1}
        svg .marker.open{fill:var(--page);stroke:var(--tone);stroke-width:1.8}
        svg .cross{stroke:var(--tone);stroke-width:2.2;stroke-linecap:round}
        svg .leader{stroke:var(--tone);stroke-dasharray:1 3;stroke-linecap:round}
        """

    private static let narrowAndPrint = """
        @media (max-width:600px){main{padding:20px 16px 48px}h1{font-size:23px}.wide{display:none}.narrow{display:block}}
        @media print{:root{color-scheme:light}body{font-size:11pt}main{max-width:none;padding:0}figure,tr,pre,.conclusion{break-inside:avoid}\
        h2,figcaption{break-after:avoid}.table{overflow:visible}\
        .figures{grid-template-columns:1fr 1fr;gap:20px}.wide{display:none}.narrow{display:block}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
        """
}
