extension Page {
    /// One file of HTML that is also well-formed XML: styles and pictures are in it, nothing is fetched, no script runs.
    public func html() -> String {
        var html = """
            <!DOCTYPE html>
            <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <title>\(escaped(title))</title>
            <style>
            \(Stylesheet.text)
            </style>
            </head>
            <body>
            <main>
            <h1>\(escaped(title))</h1>

            """
        if !subtitle.isEmpty { html += "<p class=\"subtitle\">\(escaped(subtitle))</p>\n" }
        for block in blocks { html += Self.html(block) + "\n" }
        return html + "</main>\n</body>\n</html>\n"
    }

    private static func html(_ block: Block) -> String {
        switch block {
        case .heading(let text): "<h2>\(escaped(text))</h2>"
        case .paragraph(let text): "<p>\(escaped(text))</p>"
        case .conclusion(let text): "<p class=\"conclusion\">\(escaped(text))</p>"
        case .table(let table): table.html
        case .figures(let figures): "<div class=\"figures\">\(figures.map(html).joined())</div>"
        case .commands(let lines): "<pre tabindex=\"0\">\(escaped(lines.joined(separator: "\n")))</pre>"
        }
    }

    private static func html(_ figure: any Figure) -> String {
        var html = "<figure><figcaption>\(escaped(figure.title))</figcaption>"
        for width in FigureWidth.allCases {
            let drawing = figure.drawing(width)
            html += "<div class=\"\(width)\">\(drawing.svg)\(legend(drawing.legend))</div>"
        }
        for note in figure.remarks + [figure.caption] where !note.isEmpty { html += "<p class=\"note\">\(escaped(note))</p>" }
        return html + "</figure>"
    }

    private static func legend(_ entries: [LegendEntry]) -> String {
        guard !entries.isEmpty else { return "" }
        let items = entries.map { entry in
            let swatch: String
            if entry.isBar {
                swatch = "<rect class=\"bar\" x=\"6\" y=\"1\" width=\"12\" height=\"12\"/>"
            } else {
                let marker = entry.slot.map { MarkerShape(slot: $0).element(x: 12, y: 7) } ?? ""
                swatch = SVG.line(0, 7, 24, 7, style: entry.isDashed ? "line dashed" : "line") + marker
            }
            return "<li><svg class=\"key \(Palette.style(of: entry.slot))\" viewBox=\"0 0 24 14\" width=\"24\" height=\"14\" "
                + "aria-hidden=\"true\" xmlns=\"http://www.w3.org/2000/svg\">\(swatch)</svg><span>\(escaped(entry.name))</span></li>"
        }
        return "<ul class=\"legend\">\(items.joined())</ul>"
    }
}
