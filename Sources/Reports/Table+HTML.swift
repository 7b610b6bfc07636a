extension Table {
    /// As an element of HTML that scrolls sideways where the page is too narrow.
    public var html: String {
        var html = "<div class=\"table\" tabindex=\"0\"><table>"
        if !caption.isEmpty { html += "<caption>\(escaped(caption))</caption>" }
        html += "<thead><tr>"
        html += columns.map { "<th scope=\"col\"\(style($0))>\(escaped($0.header))</th>" }.joined()
        html += "</tr></thead><tbody>"
        for row in rows {
            html += "<tr>"
            for (column, cell) in zip(columns, row) {
                let text = escaped(cell.text)
                html += "<td\(style(column))>\(cell.isEmphasised ? "<strong>\(text)</strong>" : text)</td>"
            }
            html += "</tr>"
        }
        return html + "</tbody></table></div>"
    }

    private func style(_ column: Column) -> String { column.alignment == .trailing ? " class=\"number\"" : "" }
}
