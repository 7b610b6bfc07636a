/// The name among `candidates` that `name` was most likely meant to be: the one with the fewest single-character edits, if at most
/// a third of its letters (and at least two) are wrong.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    let scored = candidates.map { (name: $0, edits: editDistance(name.lowercased(), $0.lowercased())) }
    guard let best = scored.min(by: { $0.edits < $1.edits }) else { return nil }
    return best.edits <= max(2, best.name.count / 3) ? best.name : nil
}

/// The beginning of an explanation: "did you mean 'momentum'? ", or nothing where no name is near.
public func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
    nearestName(to: name, among: candidates).map { "did you mean '\($0)'? " } ?? ""
}

/// Levenshtein's distance: insertions, deletions and replacements of one character, in O(|a|·|b|) time and O(|b|) space.
func editDistance(_ a: String, _ b: String) -> Int {
    let b = Array(b)
    var row = Array(0...b.count)
    for (i, character) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            let replaced = diagonal + (character == b[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[b.count]
}
