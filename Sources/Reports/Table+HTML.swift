extension Table {
    /// As an element of HTML that scrolls sideways where the page is too narrow.
    public var html: String {
        var html = "<div class=\"table\" tabindex=\"0\"><table>"
        if !caption.isEmpty { html += "<caption><span>\(escaped(caption))</span></caption>" }
        if hasHeader {
            let headers = columns.map { "<th scope=\"col\"\(style($0, $0.header))>\(escaped($0.header))</th>" }
            html += "<thead><tr>\(headers.joined())</tr></thead>"
        }
        html += "<tbody>"
        for row in rows {
            html += "<tr>"
            for (column, cell) in zip(columns, row) {
                let text = escaped(cell.text)
                html += "<td\(style(column, cell.text))>\(cell.isEmphasised ? "<strong>\(text)</strong>" : text)</td>"
            }
            html += "</tr>"
        }
        return html + "</tbody></table></div>"
    }

    /// Numbers are never broken, nor is what is short enough to stand on one line everywhere.
    private func style(_ column: Column, _ text: String) -> String {
        if column.alignment == .trailing { return " class=\"number\"" }
        return text.count <= 24 ? " class=\"short\"" : ""
    }
}
